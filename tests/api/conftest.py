import pytest

from tests.api.fake import FakeCluster


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster()
