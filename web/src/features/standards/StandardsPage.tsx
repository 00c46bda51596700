// Data standards: code lists and their codes, data elements, and the columns bound to them.
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Tabs } from "antd";
import { useT } from "../../sdk/i18n";
import { Card, PageFrame } from "../../sdk/Page";
import { Bindings } from "./Bindings";
import { CodeLists } from "./CodeLists";
import { Elements } from "./Elements";

export function StandardsPage() {
  const t = useT();
  const search = useSearch({ from: "/shell/standards" });
  const navigate = useNavigate({ from: "/standards" });
  return (
    <PageFrame title={t("standards.title")} question={t("standards.question")}>
      <Card label={t("standards.title")}>
        <Tabs
          activeKey={search.tab ?? "lists"}
          onChange={(tab) => void navigate({ search: { tab: tab === "lists" ? undefined : tab }, replace: true })}
          items={[
            { key: "lists", label: t("standards.tabLists"), children: <CodeLists /> },
            { key: "elements", label: t("standards.tabElements"), children: <Elements /> },
            { key: "bindings", label: t("standards.tabBindings"), children: <Bindings /> },
          ]}
        />
      </Card>
    </PageFrame>
  );
}
