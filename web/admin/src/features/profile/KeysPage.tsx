import { Button } from "@mantine/core";
import { type ApiKey, data } from "@meydan/client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { ConfirmByName } from "@/components/dialogs";
import { ListTools } from "@/components/ListTools";
import { byName, latestFirst, useListing } from "@/components/listing";
import { Moment } from "@/components/Moment";
import { Card } from "@/components/Page";
import { Empty, Failed, Loading } from "@/components/States";
import { texts as shared } from "@/components/texts";
import { toast } from "@/components/toasts";
import { queries } from "@/session/queries";
import { api } from "@/session/session";
import { useText } from "@/text/useText";
import { CreateKey } from "./CreateKey";
import styles from "./Profile.module.css";
import { ProfileFrame } from "./ProfileFrame";
import { texts } from "./texts";

const ORDERS = {
  added: (a: ApiKey, b: ApiKey) => latestFirst(a.created_at, b.created_at),
  name: (a: ApiKey, b: ApiKey) => byName(a.name, b.name),
  used: (a: ApiKey, b: ApiKey) => latestFirst(a.last_used_at, b.last_used_at),
} as const;

export function KeysPage() {
  const t = useText(texts);
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  const keys = useQuery({
    queryKey: ["keys"],
    queryFn: async () => (await data(api.GET("/api/v1/api-keys"))).items,
  });
  const s = useText(shared);
  const list = useListing(keys.data, (key) => `${key.name} ${key.prefix} ${key.scopes.join(" ")}`, ORDERS);
  const revoke = useMutation({
    mutationFn: (key: ApiKey) => api.DELETE("/api/v1/api-keys/{key_id}", { params: { path: { key_id: key.id } } }),
    onSuccess: (_, key) => {
      toast(t("keys.revoked", { name: key.name }));
      setRevoking(null);
      void queries.invalidateQueries({ queryKey: ["keys"] });
    },
  });
  const create = (
    <Button size="sm" leftSection={<Plus size={16} />} onClick={() => setCreating(true)}>
      {t("keys.new")}
    </Button>
  );
  return (
    <ProfileFrame>
      <Card title={t("tab.keys")} detail={t("keys.detail")} actions={keys.data?.length ? create : undefined}>
        {keys.isPending && <Loading label={t("keys.loading")} rows={2} />}
        {keys.isError && <Failed error={keys.error} retry={() => void keys.refetch()} />}
        {keys.data?.length === 0 && (
          <Empty
            icon={<KeyRound size={36} />}
            title={t("keys.empty")}
            detail={t("keys.empty.detail")}
            action={create}
          />
        )}
        {(keys.data?.length ?? 0) > 1 && (
          <ListTools
            list={list}
            search={t("keys.search")}
            orders={{ added: t("keys.sort.added"), name: s("sort.name"), used: s("sort.latest") }}
          />
        )}
        {list.typed && list.shown.length === 0 && <Empty title={s("none-found", { query: list.typed })} />}
        {list.shown.map((key) => (
          <div key={key.id} className={styles.row} tabIndex={-1} data-row>
            <KeyRound size={20} className={styles.icon} aria-hidden="true" />
            <span className={styles.text}>
              <strong>{key.name}</strong>
              <small>
                <code>{key.prefix}…</code> · {t("keys.used")}: <Moment at={key.last_used_at} none={t("keys.never")} /> ·{" "}
                {t("keys.until")}: <Moment at={key.expires_at} none={t("keys.forever")} />
              </small>
              <span className={styles.scopes}>
                {key.scopes.map((scope) => (
                  <code key={scope}>{scope}</code>
                ))}
              </span>
            </span>
            <Button size="xs" variant="light" color="mercan" onClick={() => setRevoking(key)}>
              {t("keys.revoke")}
            </Button>
          </div>
        ))}
      </Card>
      <CreateKey opened={creating} onClose={() => setCreating(false)} />
      <ConfirmByName
        opened={revoking !== null}
        onClose={() => setRevoking(null)}
        title={t("keys.revoke")}
        detail={t("keys.revoke.detail")}
        name={revoking?.name ?? ""}
        action={t("keys.revoke")}
        busy={revoke.isPending}
        error={revoke.error}
        onConfirm={() => revoking && revoke.mutate(revoking)}
      />
    </ProfileFrame>
  );
}
