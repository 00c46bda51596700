// The left navigation, grouped by the side a page serves (政府 / 产业 / 企业 / 运营).
import {
  AimOutlined, AlertOutlined, ApartmentOutlined, ApiOutlined, AppstoreOutlined, AuditOutlined, BankOutlined, BarcodeOutlined, BellOutlined,
  BookOutlined, CheckSquareOutlined, CloudUploadOutlined, ClusterOutlined, CodeOutlined, ContainerOutlined, DatabaseOutlined, EyeOutlined,
  FileSearchOutlined, FormOutlined, GlobalOutlined, HomeOutlined, HourglassOutlined, IdcardOutlined, InfoCircleOutlined, MergeCellsOutlined,
  PartitionOutlined, ProfileOutlined, ReadOutlined, SafetyCertificateOutlined, ShopOutlined, SwapOutlined, TagsOutlined, TeamOutlined, UserSwitchOutlined,
} from "@ant-design/icons";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useT } from "../sdk/i18n";
import type { Party, Role, Side } from "../sdk/types";

export type PagePath =
  | "/" | "/chain" | "/map" | "/gap" | "/risk" | "/candidates" | "/firms" | "/data" | "/data/ingest" | "/connectors" | "/terms" | "/standards"
  | "/master" | "/matching" | "/corpora" | "/models" | "/sql" | "/products" | "/exchange" | "/components" | "/requests" | "/access" | "/evidence" | "/audit"
  | "/incidents" | "/quality" | "/grading" | "/nodes" | "/compliance" | "/retention" | "/accounts" | "/sbom" | "/about";

export interface Entry {
  to: PagePath;
  key:
    | "chain" | "map" | "gap" | "risk" | "candidates" | "firms" | "data" | "ingest" | "connectors" | "terms" | "standards" | "master" | "matching" | "corpora"
    | "models" | "sql" | "components" | "requests" | "access" | "evidence" | "audit" | "incidents" | "quality" | "grading" | "nodes" | "compliance"
    | "retention" | "accounts" | "sbom" | "about" | "offers" | "exchange";
  icon: ReactNode;
  exact?: boolean;
  /** Who may use the page; everybody when left out. The node decides in any case. */
  roles?: Role[];
}

/** The separated administrators (三员); each sees on a page what is its own work. */
export const ADMINISTRATORS: Role[] = ["system_administrator", "security_administrator", "auditor"];
/** Roles that bring files in. */
export const BRINGING: Role[] = ["system_administrator", "government", "industry_body"];
/** Roles that read rows and run components. */
export const WORKING: Role[] = ["system_administrator", "government", "industry_body", "enterprise", "component_author"];

export const ENTRIES: Record<Side, Entry[]> = {
  government: [
    { to: "/chain", key: "chain", icon: <ApartmentOutlined />, roles: WORKING },
    { to: "/map", key: "map", icon: <GlobalOutlined />, roles: WORKING },
    { to: "/gap", key: "gap", icon: <AimOutlined />, roles: WORKING },
    { to: "/risk", key: "risk", icon: <AlertOutlined />, roles: WORKING },
  ],
  industry: [{ to: "/candidates", key: "candidates", icon: <TeamOutlined />, roles: WORKING }],
  enterprise: [{ to: "/firms", key: "firms", icon: <BankOutlined />, exact: true, roles: WORKING }],
  operation: [
    { to: "/data", key: "data", icon: <DatabaseOutlined />, exact: true },
    { to: "/data/ingest", key: "ingest", icon: <CloudUploadOutlined />, roles: BRINGING },
    { to: "/products", key: "offers", icon: <ShopOutlined /> },
    { to: "/connectors", key: "connectors", icon: <ApiOutlined />, roles: ["system_administrator"] },
    { to: "/exchange", key: "exchange", icon: <SwapOutlined />, roles: [...ADMINISTRATORS, "government"] },
    { to: "/terms", key: "terms", icon: <BookOutlined /> },
    { to: "/standards", key: "standards", icon: <ProfileOutlined /> },
    { to: "/master", key: "master", icon: <BarcodeOutlined /> },
    { to: "/matching", key: "matching", icon: <MergeCellsOutlined />, roles: BRINGING },
    { to: "/corpora", key: "corpora", icon: <ReadOutlined />, roles: BRINGING },
    { to: "/models", key: "models", icon: <PartitionOutlined />, roles: [...ADMINISTRATORS, "government", "industry_body"] },
    { to: "/sql", key: "sql", icon: <CodeOutlined />, roles: WORKING },
    { to: "/components", key: "components", icon: <AppstoreOutlined /> },
    { to: "/requests", key: "requests", icon: <FormOutlined />, roles: ["system_administrator", "security_administrator", "government", "industry_body", "enterprise", "component_author"] },
    { to: "/access", key: "access", icon: <EyeOutlined /> },
    { to: "/evidence", key: "evidence", icon: <SafetyCertificateOutlined />, roles: ["auditor", "government"] },
    { to: "/audit", key: "audit", icon: <FileSearchOutlined />, roles: ["auditor"] },
    { to: "/incidents", key: "incidents", icon: <BellOutlined />, roles: ["security_administrator", "auditor"] },
    {
      to: "/quality",
      key: "quality",
      icon: <CheckSquareOutlined />,
      roles: ["security_administrator", "auditor", "government", "industry_body", "enterprise"],
    },
    {
      to: "/grading",
      key: "grading",
      icon: <TagsOutlined />,
      roles: ["security_administrator", "auditor", "government", "industry_body", "enterprise"],
    },
    {
      to: "/retention",
      key: "retention",
      icon: <HourglassOutlined />,
      roles: ["system_administrator", "security_administrator", "auditor", "government", "industry_body", "enterprise"],
    },
    { to: "/nodes", key: "nodes", icon: <ClusterOutlined />, roles: [...ADMINISTRATORS, "government"] },
    { to: "/compliance", key: "compliance", icon: <AuditOutlined />, roles: ADMINISTRATORS },
    { to: "/accounts", key: "accounts", icon: <UserSwitchOutlined />, roles: ADMINISTRATORS },
    { to: "/sbom", key: "sbom", icon: <ContainerOutlined />, roles: ADMINISTRATORS },
    { to: "/about", key: "about", icon: <InfoCircleOutlined /> },
  ],
};

/** Pages whose name in the navigation is their title. */
type Titled = "sbom" | "connectors" | "terms" | "standards" | "master" | "matching" | "corpora" | "models" | "offers" | "exchange";
const TITLED = new Set<Entry["key"]>(["sbom", "connectors", "terms", "standards", "master", "matching", "corpora", "models", "offers", "exchange"] satisfies Titled[]);

const SIDES: Side[] = ["government", "industry", "enterprise", "operation"];

function entriesOf(side: Side, party: Party): Entry[] {
  return ENTRIES[side].filter((entry) => !entry.roles || entry.roles.includes(party.role));
}

export function Navigation({ party }: { party: Party }) {
  const t = useT();
  return (
    <>
      <Link to="/" className="nav-link" activeOptions={{ exact: true }}>
        <HomeOutlined aria-hidden="true" />
        {t("nav.home")}
      </Link>
      {SIDES.filter((side) => entriesOf(side, party).length > 0).map((side) => (
        <div key={side} role="group" aria-label={t(`side.${side}`)}>
          <div className="nav-group" aria-hidden="true">{t(`side.${side}`)}</div>
          {side === "enterprise" && party.organisation ? (
            <Link to="/firms/$id" params={{ id: party.organisation }} className="nav-link">
              <IdcardOutlined aria-hidden="true" />
              {t("nav.myFirm")}
            </Link>
          ) : null}
          {entriesOf(side, party).map((entry) => (
              <Link key={entry.to} to={entry.to} className="nav-link" activeOptions={{ exact: entry.exact, includeSearch: false }}>
                <span aria-hidden="true">{entry.icon}</span>
                {TITLED.has(entry.key) ? t(`${entry.key as Titled}.title`) : t(`nav.${entry.key as Exclude<Entry["key"], Titled>}`)}
              </Link>
          ))}
        </div>
      ))}
    </>
  );
}
