// The shell: navigation by side, one search box, and who looks, for whom.
import {
  ApiOutlined, BulbOutlined, DownOutlined, GlobalOutlined, KeyOutlined, LogoutOutlined, MenuOutlined, MoonOutlined, SafetyOutlined,
  SearchOutlined,
} from "@ant-design/icons";
import { Link, Outlet, useNavigate, useRouterState } from "@tanstack/react-router";
import { Button, Drawer, Dropdown } from "antd";
import { useEffect, useRef, useState } from "react";
import { switchLanguage, useLanguage, useT } from "../sdk/i18n";
import { regionName } from "../sdk/regions";
import { signOut, useParty } from "../sdk/session";
import type { Party } from "../sdk/types";
import { Navigation } from "./Navigation";
import { setTheme, useNarrow, usePhone, useTheme } from "./preferences";
import { SearchBox } from "./SearchBox";

export function Layout() {
  const t = useT();
  const narrow = useNarrow();
  const phone = usePhone();
  const party = useParty();
  const [menu, setMenu] = useState(false);
  const [finding, setFinding] = useState(false);
  const path = useRouterState({ select: (s) => s.location.pathname });
  const main = useRef<HTMLElement>(null);

  useEffect(() => {
    setMenu(false);
    setFinding(false);
    main.current?.scrollTo(0, 0);
  }, [path]);

  if (!party) return null;
  return (
    <div className="shell">
      <a className="skip" href="#main">{t("app.skip")}</a>
      <Link to="/" className="shell-brand">
        <img src="/favicon.svg" alt="" />
        {t("app.name")}
      </Link>
      <header className="shell-bar">
        {narrow ? (
          <Button type="text" icon={<MenuOutlined />} aria-label={t("nav.open")} onClick={() => setMenu(true)} />
        ) : null}
        {phone ? null : (
          <div className="grow">
            <SearchBox />
          </div>
        )}
        {phone ? <Link to="/" style={{ fontWeight: 700, color: "var(--ink)" }}>{t("app.name")}</Link> : null}
        <div className="end">
          {phone ? (
            <Button type="text" icon={<SearchOutlined />} aria-label={t("search.label")} onClick={() => setFinding(true)} />
          ) : (
            <Toggles />
          )}
          <Who party={party} phone={phone} />
        </div>
      </header>
      {narrow ? null : (
        <nav className="shell-nav" aria-label={t("nav.label")}>
          <Navigation party={party} />
        </nav>
      )}
      <main className="shell-main" id="main" ref={main} tabIndex={-1}>
        <Outlet />
      </main>
      <Drawer
        open={menu}
        onClose={() => setMenu(false)}
        placement="left"
        size={272}
        title={t("app.name")}
        styles={{ body: { padding: "4px 12px 24px" } }}
      >
        <nav aria-label={t("nav.label")}>
          <Navigation party={party} />
        </nav>
      </Drawer>
      <Drawer open={finding} onClose={() => setFinding(false)} placement="top" size="86%" title={t("search.label")} destroyOnHidden>
        <SearchBox focus onDone={() => setFinding(false)} />
      </Drawer>
    </div>
  );
}

export function Toggles() {
  const t = useT();
  const language = useLanguage();
  const theme = useTheme();
  const toLanguage = language === "en" ? t("bar.toChinese") : t("bar.toEnglish");
  const toTheme = theme === "dark" ? t("bar.light") : t("bar.dark");
  return (
    <>
      <Button
        type="text"
        icon={<GlobalOutlined aria-hidden="true" />}
        title={toLanguage}
        data-testid="language"
        onClick={() => void switchLanguage(language === "en" ? "zh-CN" : "en")}
      >
        {language === "en" ? "中文" : "English"}
      </Button>
      <Button
        type="text"
        icon={theme === "dark" ? <BulbOutlined /> : <MoonOutlined />}
        aria-label={toTheme}
        title={toTheme}
        onClick={() => setTheme(theme === "dark" ? "light" : "dark")}
      />
    </>
  );
}

function Who({ party, phone }: { party: Party; phone: boolean }) {
  const t = useT();
  const language = useLanguage();
  const theme = useTheme();
  const navigate = useNavigate();
  const forWhom = party.organisation
    ? `${t("bar.forOrganisation")} ${party.organisation}`
    : party.region
      ? `${t("bar.forRegion")} ${regionName(party.region)}`
      : t("bar.wholeNation");
  const leave = async () => {
    await signOut();
    await navigate({ to: "/sign-in" });
  };
  return (
    <Dropdown
      trigger={["click"]}
      menu={{
        items: [
          {
            key: "who",
            type: "group",
            label: `${party.display_name} · ${t(`role.${party.role}`)} · ${forWhom}`,
          },
          ...(phone
            ? [
                {
                  key: "language",
                  icon: <GlobalOutlined />,
                  label: language === "en" ? t("bar.toChinese") : t("bar.toEnglish"),
                  onClick: () => void switchLanguage(language === "en" ? "zh-CN" : "en"),
                },
                {
                  key: "theme",
                  icon: theme === "dark" ? <BulbOutlined /> : <MoonOutlined />,
                  label: theme === "dark" ? t("bar.light") : t("bar.dark"),
                  onClick: () => setTheme(theme === "dark" ? "light" : "dark"),
                },
              ]
            : []),
          { key: "security", icon: <SafetyOutlined />, label: t("bar.security"), onClick: () => void navigate({ to: "/security" }) },
          { key: "password", icon: <KeyOutlined />, label: t("bar.password"), onClick: () => void navigate({ to: "/password" }) },
          { key: "keys", icon: <ApiOutlined />, label: t("keys.title"), onClick: () => void navigate({ to: "/keys" }) },
          { key: "out", icon: <LogoutOutlined />, label: t("bar.signOut"), onClick: () => void leave() },
        ],
      }}
    >
      <button type="button" className="who" title={t("bar.account")}>
        <span className="who-face" aria-hidden="true">{[...party.display_name][0]}</span>
        <span className={phone ? "sr" : "who-text"}>
          <span>{party.display_name}</span>
          <small>{t(`role.${party.role}`)} · {forWhom}</small>
        </span>
        {phone ? null : <DownOutlined style={{ fontSize: 11, color: "var(--ink3)" }} />}
      </button>
    </Dropdown>
  );
}
