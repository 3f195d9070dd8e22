"""Where webhooks may go: asked when a job names a receiver, and again before each call (S-30)."""

from taskforge.core.errors import Fault, Invalid
from taskforge.core.failures import BlockedByPolicy, InvalidInput
from taskforge.flows.deps import Deps

ADVICE = "Use a public one, or let the operator name its host in OUTBOUND_ALLOWED_HOSTS."


def judge_receiver(deps: Deps, url: str) -> None:
    """Judge an address as far as it tells by itself; its names are looked up with each call.

    In production only https will do, except for hosts that the operator has named.

    Raises:
        InvalidInput: it is no address that a request can go to.
        BlockedByPolicy: scheme, port, user name or host are not allowed.
    """
    if "#" in url:
        raise InvalidInput("A fragment (#) is nothing that a receiver would see.")
    deps.http.check(url, https_only=deps.settings.environment == "production")


def check_receiver(deps: Deps, url: str) -> None:
    """Refuse an order whose webhook could never be delivered.

    Raises:
        Invalid: with a fault at `/webhook_url`.
    """
    try:
        judge_receiver(deps, url)
    except InvalidInput as error:
        raise _invalid(str(error)) from None
    except BlockedByPolicy as error:
        raise _invalid(f"{error} {ADVICE}") from None


def _invalid(message: str) -> Invalid:
    return Invalid(
        f"webhook_url: {message}",
        code="webhook_url_refused",
        faults=[Fault("/webhook_url", message)],
    )
