// One's own requests, those one decides, and who stands in for one's organisation.
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Tabs } from "antd";
import { useT } from "../../sdk/i18n";
import { Card, PageFrame } from "../../sdk/Page";
import { useParty } from "../../sdk/session";
import { Delegations } from "./Delegations";
import { Inbox, Mine } from "./RequestLists";

export function RequestsPage() {
  const t = useT();
  const party = useParty();
  const search = useSearch({ from: "/shell/requests" });
  const navigate = useNavigate({ from: "/requests" });
  const decides = Boolean(party?.organisation) || party?.role === "security_administrator";
  const first = party?.role === "security_administrator" ? "inbox" : "mine";
  return (
    <PageFrame title={t("requests.title")} question={t("requests.question")}>
      <Card label={t("requests.title")}>
        <Tabs
          activeKey={search.tab ?? first}
          onChange={(tab) => void navigate({ search: { tab: tab === first ? undefined : tab }, replace: true })}
          items={[
            ...(party?.role === "security_administrator" ? [] : [{ key: "mine", label: t("requests.tabMine"), children: <Mine /> }]),
            { key: "inbox", label: t("requests.tabInbox"), children: <Inbox /> },
            ...(decides ? [{ key: "delegations", label: t("requests.tabDelegations"), children: <Delegations /> }] : []),
          ]}
        />
      </Card>
    </PageFrame>
  );
}
