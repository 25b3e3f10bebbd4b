"""The accounts over HTTP: each endpoint is one call of a service."""

from typing import Annotated, Final

from fastapi import APIRouter, Body, Depends, Path, Query

from meydan.accounts import schemas
from meydan.accounts.actor import Actor
from meydan.accounts.asking import Accounts, Bearer, CurrentActor, From, Key, TicketHolder, optional_actor
from meydan.accounts.cookies import DEVICE, REFRESH, Browser, asking_browser
from meydan.accounts.orders import AuditOrder, UserOrder
from meydan.accounts.permissions import Permission, Role
from meydan.accounts.service import AccountService
from meydan.accounts.signins import REFRESH_LIFE
from meydan.accounts.views import Granted, UserView
from meydan.platform.cursors import CURSOR
from meydan.platform.problems import problems

_DEVICE_LIFE: Final = 400 * 24 * 3600  # seconds; no browser keeps a cookie longer


AskingBrowser = Annotated[Browser, Depends(asking_browser)]
_Identifier = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
_Limit = Annotated[int, Query(ge=1, le=200)]
_Cursor = Annotated[str, Query(pattern=CURSOR)]
_Words = Annotated[schemas.Line, Query(max_length=100)]

router = APIRouter(prefix="/api/v1")


@router.post(
    "/auth/register",
    operation_id="register_user",
    summary="Make an account and sign in",
    status_code=201,
    tags=["auth"],
    responses=problems(403, 404, 409, 422, 429),
)
async def register(
    accounts: Accounts, come: From, body: schemas.RegisterIn, browser: AskingBrowser
) -> schemas.TokensOut:
    """Answer 403 `kayit_kapali` while registration is closed, unless an invitation's code comes along."""
    cookie = browser.is_to_keep(body.session)
    granted = await accounts.register(
        body.username, body.password.get_secret_value(), name=body.name, invitation=body.invitation, origin=come
    )
    return _signed_in(accounts, browser, granted, cookie=cookie)


@router.post(
    "/auth/login",
    operation_id="create_session",
    summary="Sign in",
    tags=["auth"],
    responses=problems(401, 403, 422, 429),
)
async def login(accounts: Accounts, come: From, body: schemas.LoginIn, browser: AskingBrowser) -> schemas.TokensOut:
    """Answer 401 `giris_hatali` for a wrong password and an unknown user alike.

    A temporary password is answered 403 `parola_gecici` until `new_password` comes with it, which replaces it.
    """
    cookie = browser.is_to_keep(body.session)
    new = body.new_password.get_secret_value() if body.new_password is not None else None
    granted = await accounts.login(body.username, body.password.get_secret_value(), new_password=new, origin=come)
    return _signed_in(accounts, browser, granted, cookie=cookie)


@router.post(
    "/auth/refresh",
    operation_id="refresh_session",
    summary="Trade a refresh token for new tokens",
    tags=["auth"],
    responses=problems(401, 422),
)
async def refresh(
    accounts: Accounts,
    come: From,
    browser: AskingBrowser,
    body: Annotated[schemas.RefreshIn | None, Body()] = None,
) -> schemas.TokensOut:
    """Use each token once: an old one that comes again ends the whole sign-in."""
    given = body.refresh_token if body is not None else None
    granted = await accounts.refresh(given or browser.refresh_token, origin=come)
    return _tokens(browser, granted, cookie=not given)


@router.post(
    "/auth/logout",
    operation_id="end_session",
    summary="Sign out here",
    status_code=204,
    tags=["auth"],
    responses=problems(401, 422),
)
async def logout(
    *,
    accounts: Accounts,
    come: From,
    browser: AskingBrowser,
    bearer: Bearer,
    key: Key,
    body: Annotated[schemas.RefreshIn | None, Body()] = None,
) -> None:
    """End the sign-in of the refresh token, whatever became of the access token, or else of the access token."""
    token = (body.refresh_token if body is not None else None) or browser.refresh_token
    actor = None if token else await optional_actor(accounts, come, bearer, key)
    await accounts.sign_ins.end(actor, token, origin=come)
    browser.forget_sign_in()


@router.post(
    "/auth/logout-all",
    operation_id="end_all_sessions",
    summary="Sign out everywhere",
    status_code=204,
    tags=["auth"],
    responses=problems(401, 403),
)
async def logout_all(accounts: Accounts, actor: CurrentActor, browser: AskingBrowser) -> None:
    """End every sign-in of this user and close their sockets."""
    await accounts.sign_ins.end_all(actor)
    browser.forget_sign_in()


@router.get("/auth/me", operation_id="get_me", summary="Who I am", tags=["auth"], responses=problems(401))
async def me(accounts: Accounts, actor: CurrentActor) -> schemas.MeOut:
    """Return the user with what they may do."""
    return _me(await accounts.me(actor), actor)


@router.patch(
    "/auth/me",
    operation_id="update_me",
    summary="Change my name or language",
    tags=["auth"],
    responses=problems(401, 403, 422),
)
async def update_me(accounts: Accounts, actor: CurrentActor, body: schemas.MeIn) -> schemas.MeOut:
    """Change only what is given."""
    return _me(await accounts.update_me(actor, name=body.name, locale=body.locale), actor)


@router.post(
    "/auth/password",
    operation_id="change_password",
    summary="Change my password",
    status_code=204,
    tags=["auth"],
    responses=problems(401, 403, 422, 429),
)
async def change_password(accounts: Accounts, actor: CurrentActor, body: schemas.PasswordIn) -> None:
    """End every other sign-in of this user; with `revoke_keys` delete their API keys."""
    current, new = body.current.get_secret_value(), body.new.get_secret_value()
    await accounts.change_password(actor, current, new, revoke_keys=body.revoke_keys)


@router.get(
    "/auth/sessions",
    operation_id="list_sessions",
    summary="Where I am signed in",
    tags=["auth"],
    responses=problems(401, 403),
)
async def list_sessions(accounts: Accounts, actor: CurrentActor) -> schemas.SessionList:
    """Return open sign-ins, last used first."""
    found = await accounts.sign_ins.list(actor)
    return schemas.SessionList(items=[schemas.SessionOut.model_validate(item) for item in found])


@router.delete(
    "/auth/sessions/{session_id}",
    operation_id="delete_session",
    summary="Sign out one of my devices",
    status_code=204,
    tags=["auth"],
    responses=problems(401, 403, 404, 422),
)
async def delete_session(accounts: Accounts, actor: CurrentActor, session_id: _Identifier) -> None:
    """End one sign-in; its access token stops working at once."""
    await accounts.sign_ins.end_one(actor, session_id)


@router.post(
    "/auth/guest",
    operation_id="create_guest",
    summary="Come in without an account",
    tags=["auth"],
    responses=problems(403, 409, 422, 429),
)
async def guest(accounts: Accounts, come: From, body: schemas.GuestIn, browser: AskingBrowser) -> schemas.TokensOut:
    """Give an id that is nobody else's; the name is shown beside it and may be anybody's."""
    return _tokens(browser, await accounts.guest(body.name, origin=come), cookie=False)


@router.post(
    "/auth/ws-ticket",
    operation_id="create_ws_ticket",
    summary="Get a one-use ticket for the WebSocket",
    tags=["auth"],
    responses=problems(401, 429),
)
async def ws_ticket(accounts: Accounts, actor: TicketHolder) -> schemas.TicketOut:
    """Open the socket within 30 seconds."""
    return schemas.TicketOut.model_validate(await accounts.issue_ticket(actor))


@router.post(
    "/auth/owner/check",
    operation_id="check_owner_link",
    summary="Whether the one-time owner key still opens",
    tags=["auth"],
    responses=problems(422),
)
async def check_owner_link(accounts: Accounts, body: schemas.OwnerLinkIn) -> schemas.OwnerLinkOut:
    """Tell without using it up."""
    return schemas.OwnerLinkOut(valid=await accounts.check_owner_link(body.token))


@router.post(
    "/auth/owner",
    operation_id="claim_owner",
    summary="Become the first owner",
    status_code=201,
    tags=["auth"],
    responses=problems(403, 409, 422),
)
async def claim_owner(
    accounts: Accounts, come: From, body: schemas.OwnerIn, browser: AskingBrowser
) -> schemas.TokensOut:
    """Use the key that the first start printed."""
    cookie = browser.is_to_keep(body.session)
    granted = await accounts.claim_owner(
        body.token, body.username, body.password.get_secret_value(), name=body.name, origin=come
    )
    return _signed_in(accounts, browser, granted, cookie=cookie)


@router.get(
    "/users", operation_id="list_users", summary="Find people", tags=["users"], responses=problems(401, 403, 422)
)
async def list_users(
    *,
    accounts: Accounts,
    actor: CurrentActor,
    query: _Words = "",
    role: Role | None = None,
    sort: UserOrder = UserOrder.ID,
    cursor: _Cursor = "",
    limit: _Limit = 50,
) -> schemas.UserPage:
    """Need `users:read`. Names are searched in any Turkish spelling. A `cursor` goes on in the order it came from."""
    page = await accounts.users.page(actor, query=query, role=role, order=sort, after=cursor, limit=limit)
    return schemas.UserPage.model_validate(page)


@router.post(
    "/users",
    operation_id="create_user",
    summary="Add a user",
    status_code=201,
    tags=["users"],
    responses=problems(401, 403, 409, 422),
)
async def create_user(accounts: Accounts, actor: CurrentActor, body: schemas.UserIn) -> schemas.NewUserOut:
    """Need `users:manage`. A password that is made here is shown this once."""
    password = body.password.get_secret_value() if body.password is not None else None
    new = await accounts.users.add(actor, body.username, name=body.name, role=body.role, password=password)
    return schemas.NewUserOut.model_validate(new)


@router.get(
    "/users/{user_id}",
    operation_id="get_user",
    summary="One user",
    tags=["users"],
    responses=problems(401, 403, 404, 422),
)
async def get_user(accounts: Accounts, actor: CurrentActor, user_id: str) -> schemas.UserOut:
    """Need `users:read`."""
    return schemas.UserOut.model_validate(await accounts.users.access(actor, user_id))


@router.patch(
    "/users/{user_id}",
    operation_id="update_user",
    summary="Change a user's role, or switch their account off or on",
    tags=["users"],
    responses=problems(401, 403, 404, 409, 422),
)
async def update_user(
    accounts: Accounts, actor: CurrentActor, user_id: str, body: schemas.UserChange
) -> schemas.UserOut:
    """Need `users:manage` and a higher rank than theirs."""
    changed = await accounts.users.manage(actor, user_id, role=body.role, active=body.active)
    return schemas.UserOut.model_validate(changed)


@router.post(
    "/users/{user_id}/password-reset",
    operation_id="reset_user_password",
    summary="Give a user a new password",
    tags=["users"],
    responses=problems(401, 403, 404, 422),
)
async def reset_password(accounts: Accounts, actor: CurrentActor, user_id: str) -> schemas.NewPasswordOut:
    """Need `users:manage` and a higher rank than theirs. Their API keys go; the password is shown this once."""
    return schemas.NewPasswordOut(password=await accounts.users.reset_password(actor, user_id))


@router.get(
    "/users/{user_id}/api-keys",
    operation_id="list_user_api_keys",
    summary="A user's API keys",
    tags=["users"],
    responses=problems(401, 403, 404, 422),
)
async def list_user_keys(accounts: Accounts, actor: CurrentActor, user_id: str) -> schemas.KeyList:
    """Need `users:manage` and a higher rank than theirs."""
    found = await accounts.keys.list_of(actor, user_id)
    return schemas.KeyList(items=[schemas.KeyOut.model_validate(key) for key in found])


@router.delete(
    "/users/{user_id}/api-keys/{key_id}",
    operation_id="delete_user_api_key",
    summary="Delete a user's API key",
    status_code=204,
    tags=["users"],
    responses=problems(401, 403, 404, 422),
)
async def delete_user_key(accounts: Accounts, actor: CurrentActor, user_id: str, key_id: _Identifier) -> None:
    """Need `users:manage` and a higher rank than theirs. The key, and every one made with it, stops at once."""
    await accounts.keys.delete_of(actor, user_id, key_id)


@router.get(
    "/api-keys", operation_id="list_api_keys", summary="My API keys", tags=["api-keys"], responses=problems(401, 403)
)
async def list_keys(accounts: Accounts, actor: CurrentActor) -> schemas.KeyList:
    """Return them without their secrets."""
    return schemas.KeyList(items=[schemas.KeyOut.model_validate(key) for key in await accounts.keys.list(actor)])


@router.post(
    "/api-keys",
    operation_id="create_api_key",
    summary="Make an API key",
    status_code=201,
    tags=["api-keys"],
    responses=problems(401, 403, 422),
)
async def create_key(accounts: Accounts, actor: CurrentActor, body: schemas.KeyIn) -> schemas.NewKeyOut:
    """Show the key this once. A key is never wider than who makes it."""
    new = await accounts.keys.create(actor, name=body.name, scopes=body.scopes, expires_at=body.expires_at)
    return schemas.NewKeyOut.model_validate(new)


@router.delete(
    "/api-keys/{key_id}",
    operation_id="delete_api_key",
    summary="Delete an API key",
    status_code=204,
    tags=["api-keys"],
    responses=problems(401, 403, 404, 422),
)
async def delete_key(accounts: Accounts, actor: CurrentActor, key_id: _Identifier) -> None:
    """Stop the key, and every one that was made with it, at once."""
    await accounts.keys.delete(actor, key_id)


@router.get(
    "/audit",
    operation_id="list_audit_entries",
    summary="What was done, and by whom",
    tags=["audit"],
    responses=problems(401, 403, 422),
)
async def list_audit(
    *,
    accounts: Accounts,
    actor: CurrentActor,
    by: Annotated[schemas.Line, Query(alias="actor", max_length=100)] = "",
    action: _Words = "",
    sort: AuditOrder = AuditOrder.NEWEST,
    cursor: _Cursor = "",
    limit: _Limit = 50,
) -> schemas.AuditPage:
    """Need `audit:read`. Newest first, or with `sort=at` oldest first."""
    page = await accounts.audit.page(actor, by=by, action=action, order=sort, after=cursor, limit=limit)
    return schemas.AuditPage.model_validate(page)


def _signed_in(accounts: AccountService, browser: Browser, granted: Granted, *, cookie: bool) -> schemas.TokensOut:
    """Answer with tokens, and let the browser show next time that it has signed this user in before."""
    if cookie:
        browser.keep(DEVICE, accounts.device(granted.user.id), seconds=_DEVICE_LIFE)
    return _tokens(browser, granted, cookie=cookie)


def _tokens(browser: Browser, granted: Granted, *, cookie: bool) -> schemas.TokensOut:
    browser.keep_nothing()
    tokens = schemas.TokensOut.model_validate(granted)
    if not cookie or granted.refresh_token is None:
        return tokens
    browser.keep(REFRESH, granted.refresh_token, seconds=int(REFRESH_LIFE.total_seconds()))
    return tokens.model_copy(update={"refresh_token": None})


def _me(user: UserView, actor: Actor) -> schemas.MeOut:
    shown = schemas.UserOut.model_validate(user).model_dump()
    return schemas.MeOut(**shown, permissions=[permission for permission in Permission if actor.may(permission)])
