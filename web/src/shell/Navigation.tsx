// The left navigation, grouped by the side a page serves (政府 / 产业 / 企业 / 运营).
import {
  AimOutlined, AlertOutlined, ApartmentOutlined, AppstoreOutlined, BankOutlined, CloudUploadOutlined, CodeOutlined,
  DatabaseOutlined, GlobalOutlined, HomeOutlined, IdcardOutlined, InfoCircleOutlined, SafetyCertificateOutlined,
  TeamOutlined, UserSwitchOutlined,
} from "@ant-design/icons";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useT } from "../sdk/i18n";
import type { Party, Role, Side } from "../sdk/types";

export type PagePath =
  | "/" | "/chain" | "/map" | "/gap" | "/risk" | "/candidates" | "/firms" | "/data" | "/data/ingest" | "/sql"
  | "/components" | "/evidence" | "/accounts" | "/about";

export interface Entry {
  to: PagePath;
  key: "chain" | "map" | "gap" | "risk" | "candidates" | "firms" | "data" | "ingest" | "sql" | "components" | "evidence" | "accounts" | "about";
  icon: ReactNode;
  exact?: boolean;
  /** Who may use the page; everybody when left out. The node decides in any case. */
  roles?: Role[];
}

export const ENTRIES: Record<Side, Entry[]> = {
  government: [
    { to: "/chain", key: "chain", icon: <ApartmentOutlined /> },
    { to: "/map", key: "map", icon: <GlobalOutlined /> },
    { to: "/gap", key: "gap", icon: <AimOutlined /> },
    { to: "/risk", key: "risk", icon: <AlertOutlined /> },
  ],
  industry: [{ to: "/candidates", key: "candidates", icon: <TeamOutlined /> }],
  enterprise: [{ to: "/firms", key: "firms", icon: <BankOutlined />, exact: true }],
  operation: [
    { to: "/data", key: "data", icon: <DatabaseOutlined />, exact: true },
    { to: "/data/ingest", key: "ingest", icon: <CloudUploadOutlined />, roles: ["administrator", "government", "industry_body"] },
    { to: "/sql", key: "sql", icon: <CodeOutlined /> },
    { to: "/components", key: "components", icon: <AppstoreOutlined /> },
    { to: "/evidence", key: "evidence", icon: <SafetyCertificateOutlined />, roles: ["administrator", "government"] },
    { to: "/accounts", key: "accounts", icon: <UserSwitchOutlined />, roles: ["administrator"] },
    { to: "/about", key: "about", icon: <InfoCircleOutlined /> },
  ],
};

const SIDES: Side[] = ["government", "industry", "enterprise", "operation"];

export function Navigation({ party }: { party: Party }) {
  const t = useT();
  return (
    <>
      <Link to="/" className="nav-link" activeOptions={{ exact: true }}>
        <HomeOutlined aria-hidden="true" />
        {t("nav.home")}
      </Link>
      {SIDES.map((side) => (
        <div key={side} role="group" aria-label={t(`side.${side}`)}>
          <div className="nav-group" aria-hidden="true">{t(`side.${side}`)}</div>
          {side === "enterprise" && party.organisation ? (
            <Link to="/firms/$id" params={{ id: party.organisation }} className="nav-link">
              <IdcardOutlined aria-hidden="true" />
              {t("nav.myFirm")}
            </Link>
          ) : null}
          {ENTRIES[side]
            .filter((entry) => !entry.roles || entry.roles.includes(party.role))
            .map((entry) => (
              <Link key={entry.to} to={entry.to} className="nav-link" activeOptions={{ exact: entry.exact, includeSearch: false }}>
                <span aria-hidden="true">{entry.icon}</span>
                {t(`nav.${entry.key}`)}
              </Link>
            ))}
        </div>
      ))}
    </>
  );
}
