import { Menu, Tooltip, UnstyledButton } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { CircleUserRound, Keyboard, Languages, LogOut, Monitor, Moon, Sun } from "lucide-react";
import { Avatar } from "@/components/Avatar";
import { RoleBadge } from "@/components/Badges";
import { Mark } from "@/components/Mark";
import { NoticeBell } from "@/features/notices/NoticeBell";
import { prefer, type ThemeChoice, usePreferences } from "@/session/preferences";
import { signOut, useMe } from "@/session/session";
import { useText } from "@/text/useText";
import { ConnectionBanner } from "./ConnectionBanner";
import { openHelp } from "./help";
import { type Place, places } from "./places";
import styles from "./Shell.module.css";
import { texts } from "./texts";

/** The frame around everything a signed-in person or a guest does. */
export function Shell() {
  const t = useText(texts);
  const { pathname } = useLocation();
  const inRoom = pathname.startsWith("/oda/");
  return (
    <div className={styles.shell} data-in-room={inRoom || undefined}>
      <a className="skip-link" href="#main">
        {t("skip")}
      </a>
      <Rail />
      <div className={styles.stage}>
        <ConnectionBanner />
        <main id="main" className={styles.main} tabIndex={-1}>
          <Outlet />
        </main>
      </div>
    </div>
  );
}

function Rail() {
  const t = useText(texts);
  const { locale } = usePreferences();
  const { permissions, guest } = useMe();
  const { pathname } = useLocation();
  const shown = places.filter((place) => !place.needs || permissions.includes(place.needs));
  return (
    <nav className={styles.rail} aria-label={t("places")}>
      <Link to="/" className={styles.brand} aria-label={t("brand")}>
        <Mark size={34} />
      </Link>
      <div className={styles.places}>
        {shown.map((place) => (
          <Link
            key={place.to}
            to={place.to}
            className={styles.place}
            aria-current={isHere(place, pathname) ? "page" : undefined}
          >
            <span className={styles.icon}>
              <place.icon size={22} />
              {place.Badge && (
                <span className={styles.badge}>
                  <place.Badge />
                </span>
              )}
            </span>
            <span>{place.label[locale]}</span>
          </Link>
        ))}
      </div>
      <div className={styles.tools}>
        {!guest && <NoticeBell className={styles.tool ?? ""} />}
        <Tooltip label={`${t("help")} ( ? )`} position="right">
          <button type="button" className={`${styles.tool} ${styles.wide}`} aria-label={t("help")} onClick={openHelp}>
            <Keyboard size={20} />
          </button>
        </Tooltip>
        <AccountMenu />
      </div>
    </nav>
  );
}

function isHere(place: Place, pathname: string): boolean {
  return pathname === place.to || (place.also?.some((start) => pathname.startsWith(start)) ?? false);
}

const THEMES: readonly [ThemeChoice, typeof Sun][] = [
  ["light", Sun],
  ["dark", Moon],
  ["auto", Monitor],
];

function AccountMenu() {
  const t = useText(texts);
  const { user, guest } = useMe();
  const { locale, theme } = usePreferences();
  const phone = useMediaQuery("(max-width: 720px)");
  return (
    <Menu position={phone ? "top-end" : "right-end"} width={250}>
      <Menu.Target>
        <UnstyledButton className={styles.account} aria-label={t("account.of", { name: user.name })}>
          <Avatar name={user.name} id={user.id} size={38} />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <div className={styles.who}>
          <strong>{user.name}</strong>
          {!guest && <span>@{user.id}</span>}
          <RoleBadge role={user.role} />
        </div>
        <Menu.Divider />
        {!guest && (
          <Menu.Item component={Link} to="/ben" leftSection={<CircleUserRound size={17} />}>
            {t("profile")}
          </Menu.Item>
        )}
        <Menu.Label>{t("theme")}</Menu.Label>
        {THEMES.map(([choice, Icon]) => (
          <Menu.Item
            key={choice}
            leftSection={<Icon size={17} />}
            aria-current={theme === choice || undefined}
            className={styles.choice}
            closeMenuOnClick={false}
            onClick={() => prefer({ theme: choice })}
          >
            {t(`theme.${choice}`)}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item
          leftSection={<Languages size={17} />}
          closeMenuOnClick={false}
          lang={locale === "tr" ? "en" : "tr"}
          onClick={() => prefer({ locale: locale === "tr" ? "en" : "tr" })}
        >
          {locale === "tr" ? "English" : "Türkçe"}
        </Menu.Item>
        <Menu.Item leftSection={<LogOut size={17} />} onClick={() => void signOut()}>
          {guest ? t("leave") : t("sign-out")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
