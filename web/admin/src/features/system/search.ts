import type { AuditOrder } from "@meydan/client";

/** How the audit log is listed, as the address says it; the newest first if it says nothing. */
export interface AuditSearch {
  sirala?: AuditOrder;
}

/** Read an address; what it holds may come from anywhere. */
export function toAuditSearch({ sirala }: Record<string, unknown>): AuditSearch {
  return sirala === "at" ? { sirala } : {};
}
