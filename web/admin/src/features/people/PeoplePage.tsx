import { ActionIcon, Button, Menu, Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { data, type Role, type User } from "@meydan/client";
import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Ban, CircleCheck, EllipsisVertical, Key, KeyRound, UserPlus } from "lucide-react";
import { useState } from "react";
import { Avatar } from "@/components/Avatar";
import { RoleBadge } from "@/components/Badges";
import { DataTable } from "@/components/DataTable";
import { Confirm, OnceDialog } from "@/components/dialogs";
import { SearchField, SortMenu } from "@/components/ListTools";
import { Moment } from "@/components/Moment";
import { Card, Page } from "@/components/Page";
import { Empty, Failed, Loading } from "@/components/States";
import { texts as shared } from "@/components/texts";
import { toast } from "@/components/toasts";
import { useComplain } from "@/components/useComplain";
import { queries } from "@/session/queries";
import { api, useMay, useMe } from "@/session/session";
import { useText } from "@/text/useText";
import { AddPerson } from "./AddPerson";
import styles from "./PeoplePage.module.css";
import { PersonKeys } from "./PersonKeys";
import { type PeopleOrder, type PeopleSearch, toAddress } from "./search";
import { texts } from "./texts";

const ROLES: readonly Role[] = ["owner", "admin", "moderator", "member"];

export function PeoplePage() {
  const t = useText(texts);
  const s = useText(shared);
  const manages = useMay("users:manage");
  const [typed, setTyped] = useState("");
  const [role, setRole] = useState<Role | null>(null);
  const [adding, setAdding] = useState(false);
  const navigate = useNavigate();
  const { sirala: order = "name" } = useSearch({ strict: false }) as PeopleSearch;
  const [query] = useDebouncedValue(typed.trim(), 250);
  const people = useInfiniteQuery({
    queryKey: ["users", query, role, order],
    queryFn: ({ pageParam }) =>
      data(
        api.GET("/api/v1/users", {
          params: {
            query: {
              query,
              sort: order,
              limit: 50,
              ...(role ? { role } : {}),
              ...(pageParam ? { cursor: pageParam } : {}),
            },
          },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
  const users = unique(people.data?.pages.flatMap((page) => page.items) ?? []);
  const orders: Record<PeopleOrder, string> = {
    name: t("sort.name"),
    "-name": t("sort.-name"),
    "-created_at": t("sort.-created_at"),
    created_at: t("sort.created_at"),
    "-last_seen_at": t("sort.-last_seen_at"),
    last_seen_at: t("sort.last_seen_at"),
  };
  return (
    <Page
      title={t("title")}
      detail={t("detail")}
      actions={
        manages && (
          <Button leftSection={<UserPlus size={17} />} onClick={() => setAdding(true)}>
            {t("new")}
          </Button>
        )
      }
    >
      <div className={styles.filters}>
        <SearchField label={t("search")} value={typed} onType={setTyped} />
        <Select
          aria-label={t("role")}
          placeholder={t("role.all")}
          clearable
          value={role}
          data={ROLES.map((value) => ({ value, label: s(`role.${value}`) }))}
          onChange={(value) => setRole(value as Role | null)}
        />
        <SortMenu
          order={order}
          orders={orders}
          onChoose={(order) => void navigate({ to: "/kisiler", search: toAddress(order), replace: true })}
        />
      </div>
      <Card flush>
        {people.isPending && <Loading label={t("loading")} />}
        {people.isError && <Failed error={people.error} retry={() => void people.refetch()} />}
        {people.isSuccess && users.length === 0 && <Empty title={t("empty")} detail={t("empty.detail")} />}
        {users.length > 0 && (
          <DataTable
            label={t("title")}
            head={[
              t("name"),
              t("role"),
              t("state"),
              t("seen"),
              t("created"),
              <span key="actions" className="visually-hidden">
                {t("actions.head")}
              </span>,
            ]}
          >
            {users.map((user) => (
              <PersonRow key={user.id} user={user} manages={manages} />
            ))}
          </DataTable>
        )}
      </Card>
      {people.hasNextPage && (
        <Button variant="light" loading={people.isFetchingNextPage} onClick={() => void people.fetchNextPage()}>
          {t("more")}
        </Button>
      )}
      <AddPerson opened={adding} onClose={() => setAdding(false)} />
    </Page>
  );
}

/** Somebody who was seen while the list was read may come twice: there and here. */
function unique(users: readonly User[]): readonly User[] {
  return [...new Map(users.map((user) => [user.id, user])).values()];
}

function PersonRow({ user, manages }: { user: User; manages: boolean }) {
  const t = useText(texts);
  const me = useMe().user;
  return (
    <tr tabIndex={-1} data-row>
      <td>
        <span className={styles.person}>
          <Avatar name={user.name} id={user.id} size={36} />
          <span>
            <strong>{user.name}</strong>
            <small>@{user.id}</small>
          </span>
        </span>
      </td>
      <td>
        <RoleBadge role={user.role} />
      </td>
      <td>
        <span className={styles.state} data-active={user.active || undefined}>
          {user.active ? t("active") : t("inactive")}
        </span>
      </td>
      <td>
        <Moment at={user.last_seen_at} none={t("never")} />
      </td>
      <td className={styles.secondary}>
        <Moment at={user.created_at} />
      </td>
      <td>{manages && user.id !== me.id && <PersonMenu user={user} />}</td>
    </tr>
  );
}

function PersonMenu({ user }: { user: User }) {
  const t = useText(texts);
  const s = useText(shared);
  const complain = useComplain();
  const [resetting, setResetting] = useState(false);
  const [showingKeys, setShowingKeys] = useState(false);
  const [sharing, setSharing] = useState(false);
  const refresh = () => queries.invalidateQueries({ queryKey: ["users"] });
  const change = useMutation({
    mutationFn: (body: { role?: Role; active?: boolean }) =>
      data(api.PATCH("/api/v1/users/{user_id}", { params: { path: { user_id: user.id } }, body })),
    onSuccess: (changed, body) => {
      setSharing(false);
      void refresh();
      if (body.role) {
        toast(t("role.changed", { name: changed.name, role: s(`role.${changed.role}`) }), {
          action: { label: t("undo"), run: () => change.mutate({ role: user.role }) },
        });
      } else {
        toast(changed.active ? t("activated", { name: changed.name }) : t("deactivated", { name: changed.name }), {
          action: { label: t("undo"), run: () => change.mutate({ active: !changed.active }) },
        });
      }
    },
    onError: complain,
  });
  const reset = useMutation({
    mutationFn: () =>
      data(api.POST("/api/v1/users/{user_id}/password-reset", { params: { path: { user_id: user.id } } })),
  });
  const close = () => {
    setResetting(false);
    reset.reset();
  };
  return (
    <>
      <Menu>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t("actions", { name: user.name })}>
            <EllipsisVertical size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{t("role.change")}</Menu.Label>
          {ROLES.filter((role) => role !== user.role).map((role) => (
            <Menu.Item key={role} onClick={() => (role === "owner" ? setSharing(true) : change.mutate({ role }))}>
              {s(`role.${role}`)}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item leftSection={<KeyRound size={16} />} onClick={() => setResetting(true)}>
            {t("reset")}
          </Menu.Item>
          <Menu.Item leftSection={<Key size={16} />} onClick={() => setShowingKeys(true)}>
            {t("keys")}
          </Menu.Item>
          {user.active ? (
            <Menu.Item
              c="var(--mercan-ink)"
              leftSection={<Ban size={16} />}
              onClick={() => change.mutate({ active: false })}
            >
              {t("deactivate")}
            </Menu.Item>
          ) : (
            <Menu.Item leftSection={<CircleCheck size={16} />} onClick={() => change.mutate({ active: true })}>
              {t("activate")}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <Confirm
        opened={sharing}
        onClose={() => {
          change.reset();
          setSharing(false);
        }}
        title={t("owner.title", { name: user.name })}
        detail={t("owner.detail", { name: user.name })}
        action={t("owner.act")}
        busy={change.isPending}
        error={change.error}
        onConfirm={() => change.mutate({ role: "owner" })}
      />
      <PersonKeys user={user} opened={showingKeys} onClose={() => setShowingKeys(false)} />
      <Confirm
        opened={resetting && !reset.data}
        onClose={close}
        title={t("reset.title", { name: user.name })}
        detail={t("reset.detail", { name: user.name })}
        action={t("reset")}
        busy={reset.isPending}
        error={reset.error}
        onConfirm={() => reset.mutate()}
      />
      <OnceDialog
        title={t("reset.done", { name: user.name })}
        label={t("reset.password")}
        value={resetting ? reset.data?.password : undefined}
        onClose={close}
      />
    </>
  );
}
