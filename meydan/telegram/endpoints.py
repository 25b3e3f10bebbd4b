"""The bot fleet over HTTP: each endpoint is one call of a service."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, File, Header, Path, Query, Request, UploadFile, status

from meydan.accounts.asking import Operator
from meydan.accounts.permissions import Permission
from meydan.platform.bodies import LargerBody
from meydan.platform.cursors import CURSOR
from meydan.platform.problems import language_of, problems
from meydan.platform.texts import Language
from meydan.telegram import schemas
from meydan.telegram.bots import BotService, BotView
from meydan.telegram.budget import BudgetService
from meydan.telegram.client.sessions_service import SessionService
from meydan.telegram.conversation import ConversationService
from meydan.telegram.orders import Order, Priority
from meydan.telegram.outbox import OutboxService
from meydan.telegram.send_views import SendView
from meydan.telegram.trial import TrialService
from meydan.telegram.troubles import told
from meydan.telegram.updates import Intake
from meydan.telegram.uploads import UploadService

_PRIORITIES: Final = {"low": Priority.LOW, "normal": Priority.NORMAL, "high": Priority.HIGH}

LARGER_BODIES: Final = {
    "/api/v1/telegram/media": LargerBody(51 * 2**20, Permission.TELEGRAM_SEND),  # the largest file, and its form
    "/api/v1/telegram/outbox": LargerBody(524_288, Permission.TELEGRAM_SEND),  # the longest text, every letter escaped
    "/api/v1/telegram/webhook": LargerBody(131_072),
}

router = APIRouter(
    prefix="/api/v1/telegram", tags=["telegram"], responses=problems(401, 403, 404, 409, 413, 422, 429, 503)
)


async def bot_service(request: Request) -> BotService:
    """Return the bots of this process."""
    service: BotService = request.app.state.bots
    return service


async def outbox_service(request: Request) -> OutboxService:
    """Return the outbox of this process."""
    service: OutboxService = request.app.state.outbox
    return service


async def upload_service(request: Request) -> UploadService:
    """Return where files for sends are kept."""
    service: UploadService = request.app.state.uploads
    return service


async def budget_service(request: Request) -> BudgetService:
    """Return the view on the budgets."""
    service: BudgetService = request.app.state.budget
    return service


async def conversation_service(request: Request) -> ConversationService:
    """Return the view on what was said in chats."""
    service: ConversationService = request.app.state.conversations
    return service


async def trial_service(request: Request) -> TrialService:
    """Return the way to the fake Telegram."""
    service: TrialService = request.app.state.trial
    return service


async def session_service(request: Request) -> SessionService:
    """Return the sessions of Telegram clients on this machine."""
    service: SessionService = request.app.state.telegram_sessions
    return service


async def intake(request: Request) -> Intake:
    """Return where updates go."""
    part: Intake = request.app.state.intake
    return part


async def reader_language(request: Request) -> Language:
    """Return the language in which whoever asks is told what went wrong."""
    return language_of(request.headers)


Reader = Annotated[Language, Depends(reader_language)]
Bots = Annotated[BotService, Depends(bot_service)]
Outbox = Annotated[OutboxService, Depends(outbox_service)]
Uploads = Annotated[UploadService, Depends(upload_service)]
Budgets = Annotated[BudgetService, Depends(budget_service)]
Conversations = Annotated[ConversationService, Depends(conversation_service)]
Trial = Annotated[TrialService, Depends(trial_service)]
Sessions = Annotated[SessionService, Depends(session_service)]
TakeIn = Annotated[Intake, Depends(intake)]
BotId = Annotated[schemas.Identifier, Path(description="Bot kimliği")]
SendId = Annotated[schemas.Identifier, Path(description="Gönderim kimliği")]
SessionName = Annotated[schemas.SessionName, Path(description="Oturum adı")]
ChatId = Annotated[schemas.ChatNumber, Path(description="Telegram'ın sohbet numarası")]


@router.get("/bots", operation_id="list_bots", summary="Botlar")
async def list_bots(actor: Operator, reader: Reader, bots: Bots, trial: Trial) -> schemas.BotsOut:
    """Need `telegram:read`. Return every bot, the oldest first."""
    views = [_bot(view, reader) for view in await bots.bots(actor)]
    return schemas.BotsOut(bots=views, trial_url=trial.page)


@router.post("/bots", operation_id="add_bot", summary="Bot ekle", status_code=status.HTTP_201_CREATED)
async def add_bot(actor: Operator, reader: Reader, bots: Bots, body: schemas.BotIn) -> schemas.BotOut:
    """Need `telegram:manage`. The token is checked with Telegram first."""
    view = await bots.add(actor, body.token.get_secret_value(), mode=body.mode)
    return _bot(view, reader)


@router.post("/trial-bots", operation_id="add_trial_bot", summary="Deneme botu ekle", status_code=201)
async def add_trial_bot(actor: Operator, reader: Reader, trial: Trial, body: schemas.TrialBotIn) -> schemas.BotOut:
    """Need `telegram:manage`. Make a bot in the fake Telegram and add it."""
    return _bot(await trial.add(actor, name=body.name, username=body.username), reader)


@router.get("/bots/{bot_id}", operation_id="get_bot", summary="Bir bot")
async def get_bot(actor: Operator, reader: Reader, bots: Bots, bot_id: BotId) -> schemas.BotOut:
    """Need `telegram:read`."""
    return _bot(await bots.bot(actor, bot_id), reader)


@router.patch("/bots/{bot_id}", operation_id="change_bot", summary="Botu değiştir")
async def change_bot(
    actor: Operator, reader: Reader, bots: Bots, bot_id: BotId, body: schemas.BotPatch
) -> schemas.BotOut:
    """Need `telegram:manage`. Start, stop, another token of the same bot, polling or webhook."""
    token = None if body.token is None else body.token.get_secret_value()
    view = await bots.change(actor, bot_id, token=token, mode=body.mode, enabled=body.enabled)
    return _bot(view, reader)


@router.post("/bots/{bot_id}/verify", operation_id="verify_bot", summary="Botu yeniden doğrula")
async def verify_bot(actor: Operator, reader: Reader, bots: Bots, bot_id: BotId) -> schemas.BotOut:
    """Need `telegram:manage`. Ask Telegram whether the token is still good."""
    return _bot(await bots.verify(actor, bot_id), reader)


@router.delete("/bots/{bot_id}", operation_id="remove_bot", summary="Botu kaldır", status_code=204)
async def remove_bot(actor: Operator, bots: Bots, bot_id: BotId) -> None:
    """Need `telegram:manage`. Its chats and sends go with it."""
    await bots.remove(actor, bot_id)


@router.get("/bots/{bot_id}/budget", operation_id="get_bot_budget", summary="Botun bütçesi")
async def get_bot_budget(actor: Operator, budgets: Budgets, bot_id: BotId) -> schemas.BudgetOut:
    """Need `telegram:read`. How full the windows of Telegram's limits are now."""
    return schemas.BudgetOut.model_validate(await budgets.of(actor, bot_id))


@router.delete("/bots/{bot_id}/hold", operation_id="lift_bot_hold", summary="Beklemeyi kaldır", status_code=204)
async def lift_bot_hold(
    actor: Operator,
    budgets: Budgets,
    bot_id: BotId,
    chat_id: Annotated[schemas.ChatNumber | None, Query(description="Yalnız bu sohbet; yoksa bütün bot")] = None,
) -> None:
    """Need `telegram:manage`. Try again before a 429 is waited out: in one chat, or for the whole bot."""
    await budgets.lift(actor, bot_id, chat_id=chat_id)


@router.get("/chats", operation_id="list_telegram_chats", summary="Botların gördüğü sohbetler")
async def list_chats(
    actor: Operator,
    bots: Bots,
    bot_id: Annotated[schemas.Identifier | None, Query()] = None,
    cursor: Annotated[str, Query(pattern=CURSOR)] = "",
    limit: Annotated[int, Query(ge=1, le=5_000)] = 1_000,
) -> schemas.ChatsOut:
    """Need `telegram:read`. The latest first."""
    views, following = await bots.chats(actor, bot_id=bot_id, after=cursor, limit=limit)
    return schemas.ChatsOut(chats=[schemas.ChatOut.model_validate(view) for view in views], next_cursor=following)


@router.patch("/chats/{chat_id}", operation_id="change_telegram_chat", summary="Sohbetin bütçesi", status_code=204)
async def change_chat(actor: Operator, bots: Bots, chat_id: ChatId, body: schemas.ChatPatch) -> None:
    """Need `telegram:manage`. One budget over all bots, or one for each."""
    await bots.share(actor, chat_id, shared=body.shared)


@router.get("/chats/{chat_id}/messages", operation_id="list_telegram_messages", summary="Sohbette konuşulanlar")
async def list_messages(
    actor: Operator,
    conversations: Conversations,
    chat_id: ChatId,
    wanted: Annotated[schemas.MessagesWanted, Query()],
) -> schemas.MessagesOut:
    """Need `telegram:read`. What people wrote and what bots sent, the latest first."""
    views, following = await conversations.page(
        actor, chat_id, bot_id=wanted.bot_id, after=wanted.cursor, limit=wanted.limit
    )
    return schemas.MessagesOut(messages=[schemas.SaidOut.model_validate(view) for view in views], next_cursor=following)


@router.post("/outbox", operation_id="send_to_telegram", summary="Gönderim ekle", status_code=202)
async def send(actor: Operator, reader: Reader, outbox: Outbox, body: schemas.SendIn) -> schemas.SendsOut:
    """Need `telegram:send`. Long texts come back as several sends."""
    fields = body.model_dump(exclude={"bot_ids", "priority"})
    order = Order(bot_ids=tuple(body.bot_ids), priority=_PRIORITIES[body.priority], **fields)
    return schemas.SendsOut(sends=[_send(view, reader) for view in await outbox.send(actor, order)])


@router.get("/outbox", operation_id="list_sends", summary="Gönderimler")
async def list_sends(
    actor: Operator, reader: Reader, outbox: Outbox, wanted: Annotated[schemas.SendsWanted, Query()]
) -> schemas.SendsOut:
    """Need `telegram:read`. The newest first, or with `sort=next` what waits, as it is to leave."""
    views, following = await outbox.page(
        actor,
        state=wanted.state,
        bot_id=wanted.bot_id,
        chat_id=wanted.chat_id,
        order=wanted.sort,
        after=wanted.cursor,
        limit=wanted.limit,
    )
    return schemas.SendsOut(sends=[_send(view, reader) for view in views], next_cursor=following)


@router.get("/outbox/counts", operation_id="count_sends", summary="Durumlara göre gönderim sayısı")
async def count_sends(actor: Operator, outbox: Outbox) -> schemas.CountsOut:
    """Need `telegram:read`."""
    return schemas.CountsOut(counts=await outbox.counts(actor))


@router.post("/media", operation_id="upload_telegram_media", summary="Gönderilecek dosya", status_code=201)
async def upload(actor: Operator, uploads: Uploads, file: Annotated[UploadFile, File()]) -> schemas.MediaOut:
    """Need `telegram:send`. The id goes into `media` of a send; what no send uses is kept for a day."""
    media_id = await uploads.keep(
        actor, name=file.filename or "", mime=file.content_type or "application/octet-stream", content=await file.read()
    )
    return schemas.MediaOut(id=media_id)


@router.get("/outbox/{send_id}", operation_id="get_send", summary="Bir gönderim")
async def get_send(actor: Operator, reader: Reader, outbox: Outbox, send_id: SendId) -> schemas.SendOut:
    """Need `telegram:read`."""
    return _send(await outbox.get(actor, send_id), reader)


@router.patch("/outbox/{send_id}", operation_id="edit_send", summary="Metni değiştir")
async def edit_send(
    actor: Operator, reader: Reader, outbox: Outbox, send_id: SendId, body: schemas.TextIn
) -> schemas.SendsOut:
    """Need `telegram:send`. What is still queued changes in its place; what was sent is edited at Telegram."""
    views = await outbox.change(actor, send_id, text=body.text, parse_mode=body.parse_mode)
    return schemas.SendsOut(sends=[_send(view, reader) for view in views])


@router.delete("/outbox/{send_id}", operation_id="erase_send", summary="Geri al")
async def erase_send(actor: Operator, reader: Reader, outbox: Outbox, send_id: SendId) -> schemas.SendOut:
    """Need `telegram:send`. What is queued is cancelled; what was sent is deleted at Telegram."""
    return _send(await outbox.erase(actor, send_id), reader)


@router.post("/outbox/{send_id}/pin", operation_id="pin_send", summary="Sabitle", status_code=202)
async def pin_send(actor: Operator, reader: Reader, outbox: Outbox, send_id: SendId) -> schemas.SendOut:
    """Need `telegram:send`."""
    return _send(await outbox.pin(actor, send_id), reader)


@router.post("/outbox/{send_id}/cancel", operation_id="cancel_send", summary="Vazgeç")
async def cancel_send(actor: Operator, reader: Reader, outbox: Outbox, send_id: SendId) -> schemas.SendOut:
    """Need `telegram:send`, and `telegram:manage` for others' sends."""
    return _send(await outbox.cancel(actor, send_id), reader)


@router.post("/outbox/{send_id}/retry", operation_id="retry_send", summary="Yeniden dene")
async def retry_send(actor: Operator, reader: Reader, outbox: Outbox, send_id: SendId) -> schemas.SendOut:
    """Need `telegram:send`, and `telegram:manage` for others' sends."""
    return _send(await outbox.retry(actor, send_id), reader)


@router.post("/outbox/{send_id}/decision", operation_id="decide_send", summary="Belirsiz gönderime karar ver")
async def decide_send(
    actor: Operator, reader: Reader, outbox: Outbox, send_id: SendId, body: schemas.DecisionIn
) -> schemas.SendOut:
    """Need `telegram:manage`."""
    return _send(await outbox.decide(actor, send_id, body.decision), reader)


@router.get("/sessions", operation_id="list_telegram_sessions", summary="Telegram oturumları")
async def list_sessions(actor: Operator, sessions: Sessions) -> schemas.TelegramSessionsOut:
    """Need `telegram:read`. The sessions of Telegram clients in this square's folder; nothing secret is in them."""
    views = await sessions.sessions(actor)
    return schemas.TelegramSessionsOut(sessions=[schemas.TelegramSessionOut.model_validate(view) for view in views])


@router.delete(
    "/sessions/{name}", operation_id="put_away_telegram_session", summary="Telegram oturumunu kaldır", status_code=204
)
async def put_away_session(
    actor: Operator,
    sessions: Sessions,
    name: SessionName,
    confirm: Annotated[str, Query(max_length=64, description="Oturumun adı, yeniden")],
) -> None:
    """Need `telegram:manage`. What is idle goes to the quarantine, what is there already is deleted."""
    await sessions.put_away(actor, name, confirmed=confirm)


@router.post("/webhook/{bot_id}", operation_id="receive_update", summary="Telegram'ın çağırdığı adres", status_code=204)
async def receive_update(
    bots: Bots,
    take_in: TakeIn,
    bot_id: BotId,
    body: schemas.WebhookIn,
    secret: Annotated[str | None, Header(alias="X-Telegram-Bot-Api-Secret-Token", max_length=256)] = None,
) -> None:
    """Answer 401 `webhook_sirri_yanlis` to whoever does not know the secret; an update is confirmed once stored."""
    await take_in.take(await bots.webhook(bot_id, secret), [body.raw()])


def _send(view: SendView, reader: Language) -> schemas.SendOut:
    return schemas.SendOut.model_validate(view).model_copy(update=told(view.error, reader))


def _bot(view: BotView, reader: Language) -> schemas.BotOut:
    said = {f"last_{name}": words for name, words in told(view.last_error, reader).items()}
    return schemas.BotOut.model_validate(view).model_copy(update=said)
