"""The steps that find the cluster: welcome, address, certificate, login, and the greeting after it."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, Input, Static

from hctui.core.secret import Secret
from hctui.engine.probes import CertificateSeen, Voucher
from hctui.tui.first_run import words
from hctui.tui.first_run.draft import Demo, trust_of
from hctui.tui.first_run.step import PasswordInput, Step, Table, Tick, button, fill, paragraph


class WelcomeStep(Step):
    """The beginning: set up a cluster, or look at the demo first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "go_on", "set up", id="first_run.set_up"),
        Binding("d", "demo", "demo", id="first_run.demo"),
        Binding("q", "app.quit", show=False, id="first_run.leave"),
    ]
    AUTO_FOCUS = "#set_up"
    heading = "welcome"
    rows_around = 2

    def body(self) -> ComposeResult:
        """What hctui is, and the two ways to go on."""
        yield paragraph("hctui balances the load of a HyperCore cluster and explains every move.")
        yield paragraph(f"No cluster is set up yet in {self.setup.config_path}.")
        for label, action, name, told in (
            (
                "Set up a cluster",
                "go_on",
                "set_up",
                "You need the address of a node, a user and the password.",
            ),
            ("Open the demo", "demo", "demo", "A simulated cluster on this machine. Nothing can be harmed."),
            ("Quit", "app.quit", "quit", "Nothing is written."),
        ):
            yield Horizontal(button(label, action, name), paragraph(told, classes="said"), classes="way")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is nothing to go back to."""
        return action != "back"

    def action_go_on(self) -> None:
        """Set up a cluster."""
        self.post_message(self.Done(self, self.draft))

    def action_demo(self) -> None:
        """Open the demo."""
        self.app.exit(Demo())


class AddressStep(Step):
    """Where the cluster is."""

    AUTO_FOCUS = "#address, #go_on"
    heading = "address"

    def body(self) -> ComposeResult:
        """One field, and what it means under it."""
        suggested = self.setup.suggestions
        yield paragraph("Address of any node of the cluster. A port follows a colon, as in 10.0.0.101:8443.")
        yield Input(
            suggested.address,
            placeholder="10.0.0.101 or hypercore.example.com",
            id="address",
            disabled=bool(suggested.address_locked),
        )
        yield paragraph(suggested.address_locked, name="locked")

    def buttons(self) -> ComposeResult:
        """Back or on."""
        yield button("Back", "back", "back")
        yield button("Fetch the certificate", "go_on", "go_on", is_primary=True)

    @on(Input.Changed, "#address")
    def check(self, event: Input.Changed) -> None:
        """Tell what is wrong, or what will be used, with every key."""
        problem = words.address_problem(event.value)
        event.input.set_class(bool(problem and event.value), "wrong")
        if not event.value:
            self.settle()
        elif problem:
            self.complain(problem)
        else:
            self.note(f"hctui will speak to {words.normalised(event.value)}.")

    @on(Input.Submitted)
    def action_go_on(self) -> None:
        """Go on if it is an address."""
        field = self.query_one("#address", Input)
        if problem := words.address_problem(field.value):
            self.complain_at(field, problem)
        else:
            self.post_message(self.Done(self, replace(self.draft, address=words.normalised(field.value))))


class CertificateStep(Step):
    """Who answers there. The focus stays on going back: a yes has to be meant."""

    AUTO_FOCUS = "#back"
    heading = "certificate"

    seen: CertificateSeen | None = None

    def body(self) -> ComposeResult:
        """The certificate as far as it is known."""
        yield paragraph("", name="told")
        yield Table(id="seen")
        yield paragraph("", name="advice")

    def buttons(self) -> ComposeResult:
        """No, yes, and once more."""
        yield button("Back", "back", "back")
        yield button("Yes", "go_on", "go_on")
        yield button("Try again", "again", "again")

    def on_mount(self) -> None:
        """Ask at once."""
        self.action_again()

    def action_again(self) -> None:
        """Ask for the certificate."""
        fill(self.query_one("#told", Static), f"Asking {self.draft.address} for its certificate.")
        self.ask(self._fetch())

    async def _fetch(self) -> None:
        ca_file = self.setup.suggestions.ca_file
        seen = await self.setup.probes.certificate(self.draft.address, ca_file)
        fill(
            self.query_one("#told", Static),
            f"{seen.address} shows this certificate. Nothing was sent to it yet.",
        )
        await self.query_one("#seen", Table).show(words.certificate_rows(seen, self.setup.now()))
        fill(self.query_one("#advice", Static), words.certificate_advice(seen))
        self.seen = seen

    def asking_changed(self, *, is_asking: bool) -> None:
        """Offer what makes sense: a yes only to a certificate that is on the screen."""
        back, yes = self.query_one("#back", Button), self.query_one("#go_on", Button)
        is_vouched = self.seen is not None and self.seen.voucher is not Voucher.NOBODY
        offer(self, is_asking=is_asking, is_answered=self.seen is not None)
        if self.seen is not None:
            back.label = Content("Back" if is_vouched else "No, go back")
            yes.label = Content("Go on" if is_vouched else "Yes, this is it: pin it")
            (yes if is_vouched else back).focus()

    def action_go_on(self) -> None:
        """Trust what is shown."""
        if self.seen is not None:
            trust = trust_of(self.seen, self.setup.suggestions.ca_file)
            self.post_message(self.Done(self, replace(self.draft, seen=self.seen, trust=trust)))


class LoginStep(Step):
    """Who we are there. The password is asked for only now, when it is known who will get it."""

    AUTO_FOCUS = "#username, #password"
    heading = "login"

    def body(self) -> ComposeResult:
        """User and password."""
        suggested = self.setup.suggestions
        yield paragraph(
            f"A user of the cluster at {self.draft.address}. The role Read is enough for a dry run; to migrate, the "
            "user needs VM Power Controls as well."
        )
        yield paragraph("User", classes="label")
        yield Input(suggested.username, id="username", disabled=bool(suggested.username_locked))
        yield paragraph(suggested.username_locked, name="locked")
        yield paragraph("Password, which is not shown", classes="label")
        yield PasswordInput("password")
        yield Tick(Content("the cluster checks it at an OpenID Connect server"), suggested.oidc, id="oidc")

    def buttons(self) -> ComposeResult:
        """Back or on."""
        yield button("Back", "back", "back")
        yield button("Log in", "go_on", "go_on", is_primary=True)

    def on_mount(self) -> None:
        """Where the user is known, begin with the password."""
        if self.setup.suggestions.username:
            self.query_one("#password").focus()

    @on(Input.Submitted, "#username")
    def go_to_password(self) -> None:
        """The next field."""
        self.query_one("#password").focus()

    @on(Input.Changed)
    def forgive(self, event: Input.Changed) -> None:
        """A field that is being changed is not wrong any more."""
        event.input.remove_class("wrong")
        self.settle()

    @on(Input.Submitted, "#password")
    def action_go_on(self) -> None:
        """Go on if both are there."""
        username, password = self.query_one("#username", Input), self.query_one("#password", Input)
        if problem := words.username_problem(username.value):
            self.complain_at(username, problem)
            return
        if not password.value:
            self.complain_at(password, "Type the password.")
            return
        draft = replace(
            self.draft,
            username=username.value.strip(),
            password=Secret(password.value),
            oidc=self.query_one("#oidc", Tick).value,
        )
        self.post_message(self.Done(self, draft))


class GreetingStep(Step):
    """Whether the login works, and what the cluster says."""

    AUTO_FOCUS = "#back"
    heading = "test"

    def body(self) -> ComposeResult:
        """What the cluster says, once it has."""
        yield paragraph("", name="told")
        yield Table(id="greeting")

    def buttons(self) -> ComposeResult:
        """Back, on, and once more."""
        yield button("Back", "back", "back")
        yield button("Go on", "go_on", "go_on", is_primary=True)
        yield button("Try again", "again", "again")

    def on_mount(self) -> None:
        """Log in at once."""
        self.action_again()

    def action_again(self) -> None:
        """Log in, look, log out."""
        fill(self.query_one("#told", Static), f"Logging in to {self.draft.address} as {self.draft.username}.")
        self.ask(self._log_in())

    async def _log_in(self) -> None:
        greeting = await self.setup.probes.login(self.draft.access())
        self.draft = replace(self.draft, greeting=greeting)
        fill(self.query_one("#told", Static), "The login works.")
        await self.query_one("#greeting", Table).show(words.greeting_rows(greeting, self.draft.username))

    def asking_changed(self, *, is_asking: bool) -> None:
        """Offer what makes sense: to go on only after a greeting."""
        is_known = self.draft.greeting is not None
        offer(self, is_asking=is_asking, is_answered=is_known)
        if is_known:
            self.query_one("#go_on").focus()

    def action_go_on(self) -> None:
        """Go on after a greeting."""
        if self.draft.greeting is not None:
            self.post_message(self.Done(self, self.draft))


def offer(step: Step, *, is_asking: bool, is_answered: bool) -> None:
    """Offer of a step that asks the cluster what makes sense: to cancel, to go on, or to try again."""
    step.query_one("#back", Button).label = Content("Cancel" if is_asking else "Back")
    step.query_one("#go_on").display = is_answered
    step.query_one("#again").display = not is_answered and not is_asking
    step.query_one("#told").display = is_asking or is_answered
