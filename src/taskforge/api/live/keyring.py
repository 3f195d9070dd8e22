"""The doorkeeper of live connections: knows every credential that may come with one."""

from functools import partial
from typing import Any

from taskforge.api.auth import admit, check_may, identify, permission_of
from taskforge.api.clients import client_ip, header, network_of
from taskforge.api.errors import as_taskforge_error
from taskforge.api.live.door import Admission, Connection
from taskforge.core.errors import Unauthenticated
from taskforge.core.people import Permission, Principal
from taskforge.flows.deps import Deps
from taskforge.flows.tickets import take_ticket
from taskforge.flows.tokens import read_access, signing_key


class Keyring:
    """Lets in who has an account, in any role; see `api.live.door.Doorkeeper`.

    Args:
        deps: where accounts, sessions and tickets are.
    """

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._key = signing_key(deps.settings)

    async def admit(self, connection: Connection) -> Admission:
        """Who asks, and until when; counts as a request.

        Raises:
            Unauthenticated: no credential, a wrong one, or more than one.
            Denied: it lacks what the route asks for.
            Limited: too many requests.
            Unavailable: a server behind us is away.
        """
        scope: Any = connection.scope
        principal = await admit(self._deps, scope, self._identify(connection))
        check_may(principal, permission_of(scope["route_handler"]) or Permission.READ)
        place = network_of(client_ip(scope, self._deps.settings.trusted_proxy_hops))
        token = _access_token(connection)
        return Admission(
            principal=principal,
            place=place,
            renew=partial(self._renew, principal),
            expires_at=read_access(self._key, token).expires_at if token else None,
        )

    async def _identify(self, connection: Connection) -> Principal:
        ticket, token = (connection.query_params.get(name) for name in ("ticket", "token"))
        if ticket is None and token is None:
            return await identify(self._deps, connection.scope)
        if ticket is not None and token is not None:
            raise Unauthenticated("Send a ticket or an access token, not both.")
        if ticket is not None:
            return await take_ticket(self._deps, ticket)
        return await self._deps.principals.of_access_token(str(token))

    async def _renew(self, principal: Principal) -> Principal:
        try:
            return await self._deps.principals.refreshed(principal)
        except Exception as error:
            raise as_taskforge_error(error) or error from error


def _access_token(connection: Connection) -> str | None:
    token: str | None = connection.query_params.get("token")
    if token is None and "ticket" not in connection.query_params:
        bearer = header(connection.scope, b"authorization")
        return bearer.partition(" ")[2] if bearer else None
    return token
