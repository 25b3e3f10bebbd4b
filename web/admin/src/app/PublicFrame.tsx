import { Menu } from "@mantine/core";
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { Languages, Monitor, Moon, Sun } from "lucide-react";
import { LinkButton } from "@/components/LinkButton";
import { Mark } from "@/components/Mark";
import { prefer, usePreferences } from "@/session/preferences";
import { useSession } from "@/session/session";
import { useText } from "@/text/useText";
import styles from "./PublicFrame.module.css";
import { texts } from "./texts";

/** The frame of those who only look in: glass over a slow sky. */
export function PublicFrame() {
  const t = useText(texts);
  const { locale, theme } = usePreferences();
  const { pathname } = useLocation();
  const session = useSession();
  const member = session.status === "in" && !session.guest;
  const ThemeIcon = theme === "auto" ? Monitor : theme === "dark" ? Moon : Sun;
  return (
    <div className={styles.frame}>
      <a className="skip-link" href="#main">
        {t("skip")}
      </a>
      <div className={styles.sky} aria-hidden="true" />
      <header className={styles.header}>
        <Link to="/" className={styles.brand}>
          <Mark size={30} />
          <span>{t("brand")}</span>
        </Link>
        <div className={styles.tools}>
          <button
            type="button"
            className={styles.tool}
            lang={locale === "tr" ? "en" : "tr"}
            onClick={() => prefer({ locale: locale === "tr" ? "en" : "tr" })}
          >
            <Languages size={18} />
            <span>{locale === "tr" ? "English" : "Türkçe"}</span>
          </button>
          <Menu>
            <Menu.Target>
              <button type="button" className={styles.tool} aria-label={t("theme")}>
                <ThemeIcon size={18} />
              </button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item leftSection={<Sun size={17} />} onClick={() => prefer({ theme: "light" })}>
                {t("theme.light")}
              </Menu.Item>
              <Menu.Item leftSection={<Moon size={17} />} onClick={() => prefer({ theme: "dark" })}>
                {t("theme.dark")}
              </Menu.Item>
              <Menu.Item leftSection={<Monitor size={17} />} onClick={() => prefer({ theme: "auto" })}>
                {t("theme.auto")}
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
          {!member && pathname !== "/giris" && (
            <LinkButton to="/giris" size="sm">
              {t("sign-in")}
            </LinkButton>
          )}
        </div>
      </header>
      <main id="main" className={styles.main} tabIndex={-1}>
        <Outlet />
      </main>
    </div>
  );
}
