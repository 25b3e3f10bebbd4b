/** Short names for the shapes of the API. */

import type { components, paths } from "./schema";

type Schemas = components["schemas"];
type Answer<P extends keyof paths, M extends keyof paths[P], S extends number = 200> = paths[P][M] extends {
  responses: { [K in S]: { content: { "application/json": infer T } } };
}
  ? T
  : never;

export type Room = Schemas["RoomOut"];
export type ArchivedRoom = Schemas["ArchivedOut"];
export type RoomPage = Schemas["RoomsOut"];
export type RoomMember = Schemas["MemberOut"];
export type Invitation = Schemas["InvitationOut"];
export type HistoryPage = Schemas["HistoryOut"];
export type FoundPage = Schemas["FoundOut"];
export type NoticePage = Schemas["NoticesOut"];
export type Tokens = Answer<"/api/v1/auth/login", "post">;
export type User = Answer<"/api/v1/users/{user_id}", "get">;
export type Me = Answer<"/api/v1/auth/me", "get">;
export type Role = User["role"];
export type Permission = Me["permissions"][number];
export type UserPage = Answer<"/api/v1/users", "get">;
export type UserOrder = Schemas["UserOrder"];
export type ApiKey = Answer<"/api/v1/api-keys", "get">["items"][number];
export type SignIn = Answer<"/api/v1/auth/sessions", "get">["items"][number];
export type AuditEntry = Answer<"/api/v1/audit", "get">["items"][number];
export type AuditOrder = Schemas["AuditOrder"];
export type SettingsSection = Schemas["Section"];
export type Overview = Schemas["Overview"];
export type Samples = Schemas["Samples"];
export type Health = Schemas["HealthReport"];
export type Abilities = Schemas["Abilities"];
export type TelegramBot = Schemas["BotOut"];
export type TelegramBudget = Schemas["BudgetOut"];
export type TelegramChat = Schemas["ChatOut"];
export type TelegramSaid = Schemas["SaidOut"];
export type TelegramSession = Answer<"/api/v1/telegram/sessions", "get">["sessions"][number];
export type TelegramSend = Schemas["SendOut"];
export type SendState = Schemas["SendState"];
