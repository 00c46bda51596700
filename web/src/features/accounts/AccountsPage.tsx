import { Alert, Tabs } from "antd";
import { useT } from "../../sdk/i18n";
import { Card, PageFrame } from "../../sdk/Page";
import { useParty } from "../../sdk/session";
import { ADMINISTRATORS } from "../../shell/Navigation";
import { Accounts } from "./Accounts";
import { Clients } from "./Clients";
import { Grants } from "./Grants";

export function AccountsPage() {
  const t = useT();
  const party = useParty();
  return (
    <PageFrame title={t("accounts.title")} question={t("accounts.question")}>
      {party && ADMINISTRATORS.includes(party.role) ? (
        <Card label={t("accounts.title")}>
          <Tabs
            items={[
              { key: "accounts", label: t("accounts.tabAccounts"), children: <Accounts /> },
              // Grants are the work of the security administrator, open to the auditor's eyes.
              ...(party.role === "system_administrator" ? [] : [{ key: "grants", label: t("accounts.tabGrants"), children: <Grants /> }]),
              { key: "clients", label: t("clients.tab"), children: <Clients /> },
            ]}
          />
        </Card>
      ) : (
        <Alert type="warning" showIcon title={t("accounts.onlyAdministrator")} />
      )}
    </PageFrame>
  );
}
