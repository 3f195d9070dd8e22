"""What each operation asks for, in the API's description: role, permission, kind of credential."""

from typing import Any

from taskforge.core.people import ROLE_OF, SESSION_ONLY, Permission


def tell_permit(operation: dict[str, Any], permission: Permission) -> None:
    """Add it to an operation: `x-permission` for programs, a sentence for people."""
    role, by_key = ROLE_OF[permission], permission not in SESSION_ONLY
    operation["x-permission"] = {
        "permission": permission.value,
        "role": role.value,
        "api_key": by_key,
    }
    key = f"an API key the permission `{permission}`" if by_key else "a session, not an API key"
    sentence = f"Needs the role `{role}`; {key}."
    operation["description"] = f"{operation.get('description', '')}\n\n{sentence}".strip()
