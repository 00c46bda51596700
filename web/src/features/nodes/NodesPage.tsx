// Whether this node and the others hold: what each says of itself, and what counts as good.
import { Tabs } from "antd";
import { useT } from "../../sdk/i18n";
import { Card, PageFrame } from "../../sdk/Page";
import { useParty } from "../../sdk/session";
import { ADMINISTRATORS } from "../../shell/Navigation";
import { Known } from "./Known";
import { Own } from "./Own";
import { Peers } from "./Peers";

export function NodesPage() {
  const t = useT();
  const party = useParty();
  const administers = party !== undefined && ADMINISTRATORS.includes(party.role);
  return (
    <PageFrame title={t("nodes.title")} question={t("nodes.question")}>
      <Card label={t("nodes.title")}>
        <Tabs
          items={[
            { key: "own", label: t("nodes.tabOwn"), children: <Own /> },
            { key: "peers", label: t("nodes.tabPeers"), children: <Peers /> },
            ...(administers ? [{ key: "known", label: t("nodes.tabKnownGood"), children: <Known /> }] : []),
          ]}
        />
      </Card>
    </PageFrame>
  );
}
