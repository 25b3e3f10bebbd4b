import { Button } from "@mantine/core";
import type { Permission } from "@meydan/client";
import { type ErrorComponentProps, Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { LeaveGuard } from "@/components/LeaveGuard";
import { LinkButton } from "@/components/LinkButton";
import { Mark } from "@/components/Mark";
import { Empty } from "@/components/States";
import { useMay, useSession } from "@/session/session";
import { useText } from "@/text/useText";
import { HelpOverlay } from "./HelpOverlay";
import { PublicFrame } from "./PublicFrame";
import styles from "./Root.module.css";
import { Shell } from "./Shell";
import { texts } from "./texts";

const ALWAYS_PUBLIC = new Set(["/giris", "/kayit", "/kurulum", "/davet"]);

/** Choose the frame: the shell for who is in, the glass for who looks in. */
export function Root() {
  const t = useText(texts);
  const session = useSession();
  const { pathname } = useLocation();
  if (session.status === "starting") {
    return (
      <div className={styles.splash} role="status">
        <Mark size={56} />
        <p>{t("starting")}</p>
      </div>
    );
  }
  return (
    <>
      {session.status === "in" && !ALWAYS_PUBLIC.has(pathname) ? <Shell /> : <PublicFrame />}
      <HelpOverlay />
      <LeaveGuard />
    </>
  );
}

/** Let through who is signed in and holds the permission. */
export function Guard({ needs }: { needs: Permission | null }) {
  const t = useText(texts);
  const session = useSession();
  const may = useMay(needs ?? "rooms:read");
  if (session.status !== "in" || (session.guest && needs === null)) return <ToSignIn />;
  if (!may) {
    return <Empty title={t("forbidden")} detail={t("forbidden.detail")} action={<ToSquare />} />;
  }
  return <Outlet />;
}

/** Lead to the sign-in, and from there back. Once: on the way there the address is the sign-in's own already. */
function ToSignIn() {
  const { pathname, searchStr, hash } = useLocation();
  const [from] = useState({ search: { sonra: pathname + searchStr }, hash });
  const navigate = useNavigate();
  useEffect(() => void navigate({ to: "/giris", ...from, replace: true }), [navigate, from]);
  return null;
}

export function NotFound() {
  const t = useText(texts);
  return <Empty title={t("not-found")} detail={t("not-found.detail")} action={<ToSquare />} />;
}

export function Crash({ error }: ErrorComponentProps) {
  const t = useText(texts);
  return (
    <Empty
      title={t("crash")}
      detail={`${t("crash.detail")} (${error instanceof Error ? error.name : String(error)})`}
      action={<Button onClick={() => location.reload()}>{t("reload")}</Button>}
    />
  );
}

function ToSquare() {
  const t = useText(texts);
  return (
    <LinkButton to="/" variant="light">
      {t("to-square")}
    </LinkButton>
  );
}
