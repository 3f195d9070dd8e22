"""Every `code` that a problem document can have: its statuses, its meaning, what to do about it.

The page at `/api/docs/problems` shows it, and a rule compares it with what the source raises.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Kind(NamedTuple):
    """One code."""

    statuses: tuple[int, ...]
    meaning: str
    remedy: str


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        # 400: cannot be read
        "malformed": Kind((400,), "The request is not well-formed.",
            "Mend what the detail names; sent again as it is, it fails again."),
        "malformed_json": Kind((400,), "The body is not JSON in UTF-8, or there is none.",
            "Send one JSON value, without a byte order mark and without anything after it."),
        "duplicate_key": Kind((400,), "A key stands twice in one object of the body.",
            "Keep one of the two."),
        "bad_cursor": Kind((400,), "The cursor is not one that this list gave.",
            "Begin without a cursor, and go on with `next_cursor` as it is."),
        "bad_form": Kind((400,), "The form is not one file.",
            "Send the file as the body, or as the only part of a form."),
        "bad_idempotency_key": Kind((400,), "The Idempotency-Key cannot be read.",
            "Send 1 to 255 visible ASCII characters."),
        "cut_off": Kind((400,), "The body ended before all of it was here.",
            "Send it again; the request had no effect."),
        "too_slow": Kind((400,), "The body came too slowly, or stopped coming.",
            "Send it again over a better connection."),
        "unclear_length": Kind((400,), "The length of the body can be read in two ways.",
            "Send Content-Length or Transfer-Encoding: chunked, not both."),
        "unclear_host": Kind((400,), "There is no Host header, or more than one.",
            "Send the one host of the address."),
        # 401: nobody we know
        "unauthenticated": Kind((401,), "There is no credential, or no readable one.",
            "Send `Authorization: Bearer` and an access token, or `X-API-Key` and a key."),
        "bad_credentials": Kind((401, 403), "The user name or the password is wrong.",
            "Check both; after several wrong ones there is a wait."),
        "api_key_invalid": Kind((401,), "The API key is unknown, revoked or expired.",
            "Make another key."),
        "refresh_invalid": Kind((401,), "The refresh token is unknown, expired or was used before.",
            "Sign in again. Was it used by somebody else? Then end your sessions."),
        "session_ended": Kind((401,), "The session was ended, or the account is disabled.",
            "Sign in again."),
        "ticket_invalid": Kind((401,), "The ticket was used, or is older than 30 seconds.",
            "Ask for another ticket for each connection."),
        "token_expired": Kind((401,), "The access token has run out.",
            "Refresh it."),
        "token_invalid": Kind((401,), "The access token is not one of ours.",
            "Sign in again."),
        # 403: known, and not permitted
        "denied": Kind((403,), "The caller may not do that.",
            "Ask somebody who may."),
        "role_too_low": Kind((403,), "The account's role does not allow it.",
            "Ask an admin for the role that the detail names."),
        "key_too_narrow": Kind((403,), "The API key lacks a permission, a job type or a queue.",
            "Use a key whose scopes include it."),
        "session_needed": Kind((403,), "An API key cannot do this.",
            "Sign in with a password."),
        "not_yours": Kind((403,), "It belongs to another account.",
            "Ask its owner, or an admin."),
        "origin_refused": Kind((403,), "Pages of this origin may not call.",
            "Have the origin added to CORS_ORIGINS."),
        "wrong_origin": Kind((403,), "A request with a session cookie came from another page.",
            "Send it from the dashboard's own origin, with its header."),
        "registration_closed": Kind((403,), "Nobody can make an account for themselves.",
            "Ask an admin for one."),
        # 404, 405: not there
        "not_found": Kind((404,), "There is no such address, or no such thing.",
            "Check the address and the id; what is finished is deleted after its time."),
        "file_missing": Kind((404,), "The file is listed and not on the disk.",
            "Run the job again, or ask an operator for the disk."),
        "method_not_allowed": Kind((405,), "The address does not take this method.",
            "Use one that the Allow header names."),
        # 409: not now
        "conflict": Kind((409,), "The thing is not in a state that allows it.",
            "Look at it again, and decide anew."),
        "idempotency_in_progress": Kind((409,), "A request with this key is under way.",
            "Send it again in a moment; it will answer as the first."),
        "idempotent_answer_lost": Kind((409,), "What this key led to cannot be told again.",
            "Look for what the first request made; use another key for another one."),
        "idempotent_job_deleted": Kind((409,), "The job that this key made has been deleted.",
            "Use another key for another job."),
        "last_admin": Kind((409,), "There would be no admin left.",
            "Make another account an admin first."),
        "name_taken": Kind((409,), "The user name or the address belongs to somebody.",
            "Choose another."),
        "password_changed": Kind((409,), "The password was changed at the same moment.",
            "Sign in with the newer one."),
        "quota_exceeded": Kind((409,), "The account has no room for another upload.",
            "Delete uploads that no job needs."),
        "too_many_keys": Kind((409,), "The account has as many keys as it may have.",
            "Revoke one first."),
        # 413 to 426: the shape of the request
        "too_large": Kind((413, 422), "The body, or a payload in it, has too many bytes.",
            "Send less; large data goes to `POST /api/v1/uploads`."),
        "unsupported_media_type": Kind((415,), "The body is of another type, or packed.",
            "Send application/json in UTF-8, without a Content-Encoding."),
        "range_not_satisfiable": Kind((416,), "The file does not have that part.",
            "Content-Range tells its size."),
        "misdirected": Kind((421,), "This server does not go by the name in the Host header.",
            "Use its public name, or have the name added to ALLOWED_HOSTS."),
        "upgrade_required": Kind((426,), "Only WebSockets are served at this address.",
            "Connect with a WebSocket client, or read `GET /api/v1/events`."),
        # 422: readable, and not acceptable
        "invalid": Kind((422,), "The request is well-formed and not acceptable.",
            "`errors` points at each fault."),
        "invalid_parameter": Kind((422,), "A parameter of the address is not acceptable.",
            "`errors` names it."),
        "invalid_payload": Kind((422,), "The payload does not fit the job type.",
            "`errors` points at each fault; `GET /api/v1/job-types` has the schema."),
        "unknown_job_type": Kind((422,), "There is no such job type.",
            "`GET /api/v1/job-types` lists them."),
        "job_type_unavailable": Kind((422,), "The job type cannot be used on this installation.",
            "The detail says what it lacks."),
        "idempotency_key_reused": Kind((422,), "The key was used for another request.",
            "Use a key of its own for each job."),
        "idempotency_keys_differ": Kind((422,), "Header and body name different keys.",
            "Name one."),
        "weak_password": Kind((422,), "The password is too easy to guess.",
            "Take a longer one that is no common word and no name of yours."),
        "bad_file": Kind((422,), "The file is not what it says it is.",
            "Check its format and its name."),
        "empty_file": Kind((422,), "The file is empty.",
            "Send one with content."),
        "bad_number": Kind((422,), "A number cannot be kept as it is.",
            "Integers have 64 bits, others fit a double; send the rest as text."),
        "nul_character": Kind((422,), "A text has the character U+0000.",
            "Take it out."),
        "too_deep": Kind((422,), "The body is nested too deeply.",
            "Flatten it."),
        "too_long": Kind((422,), "A text is too long.",
            "Shorten it, or upload it as a file."),
        "too_many_values": Kind((422,), "The body has too many values.",
            "Split it, or upload it as a file."),
        # 429: later
        "rate_limited": Kind((429,), "More requests than the limit.",
            "Wait as long as Retry-After says; RateLimit tells what is left."),
        "too_many_connections": Kind((429,), "Too many live connections are open.",
            "Close one first."),
        "too_many_guesses": Kind((429,), "Too many wrong passwords.",
            "Wait as long as Retry-After says."),
        "too_many_uploads": Kind((429,), "Too many uploads at once.",
            "Wait until one of yours has ended."),
        # ours
        "internal": Kind((500,), "Something went wrong on our side.",
            "Tell an operator the request id: the log has the details."),
        "unavailable": Kind((503,), "A server behind this one is away or busy.",
            "Try again after Retry-After; an idempotency key makes that safe."),
    }
)  # fmt: skip
