// What the program is made of: find a component when a vulnerability is announced, see its licence and who brings it.
import { DownloadOutlined } from "@ant-design/icons";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Input, Segmented } from "antd";
import { useMemo } from "react";
import { api } from "../../sdk/api";
import { download } from "../../sdk/csv";
import { DataTable } from "../../sdk/DataTable";
import { number } from "../../sdk/format";
import { useT } from "../../sdk/i18n";
import { Card, Figure, PageFrame } from "../../sdk/Page";
import { useAsk } from "../../sdk/query";
import { Answer, Empty } from "../../sdk/States";
import { licenceCounts, materials, search, type Bom, type LicenceCount, type Material } from "./materials";

export function SbomPage() {
  const t = useT();
  const bom = useAsk(["sbom"], api.sbom);
  return (
    <PageFrame title={t("sbom.title")} question={t("sbom.question")}>
      <Answer query={bom} rows={8}>{(document) => <Materials bom={document} />}</Answer>
    </PageFrame>
  );
}

function Materials({ bom }: { bom: Bom }) {
  const t = useT();
  const { text = "", all } = useSearch({ from: "/shell/sbom" });
  const navigate = useNavigate();
  const lines = useMemo(() => materials(bom), [bom]);
  const inScope = useMemo(() => (all ? lines : lines.filter((line) => line.shipped)), [lines, all]);
  const found = useMemo(() => search(inScope, text), [inScope, text]);
  const licences = useMemo(() => licenceCounts(inScope), [inScope]);
  const change = (next: { text?: string; all?: true }) =>
    void navigate({ to: "/sbom", search: { text: text || undefined, all, ...next }, replace: true });
  const shipped = lines.filter((line) => line.shipped).length;
  const save = () => download("sbom.cdx.json", JSON.stringify(bom), "application/vnd.cyclonedx+json");
  return (
    <div className="stack">
      <div className="figures">
        <Figure label={t("sbom.shipped")} value={number(shipped)} note={t("sbom.shippedNote")} />
        <Figure label={t("sbom.tools")} value={number(lines.length - shipped)} note={t("sbom.toolsNote")} />
        <Figure label={t("sbom.licences")} value={number(licences.length)} note={t("sbom.licencesNote")} />
        <Figure label={t("sbom.version")} value={bom.metadata.component.version} note={`${bom.bomFormat} ${bom.specVersion}`} />
      </div>
      <Card label={t("sbom.components")}>
        <div className="filters">
          <Input.Search
            allowClear
            aria-label={t("sbom.search")}
            placeholder={t("sbom.searchHint")}
            defaultValue={text}
            onSearch={(value) => change({ text: value.trim() || undefined })}
            style={{ maxWidth: 360 }}
          />
          <Segmented
            aria-label={t("sbom.which")}
            value={all ? "all" : "shipped"}
            onChange={(value) => change({ all: value === "all" ? true : undefined })}
            options={[
              { value: "shipped", label: t("sbom.onlyShipped") },
              { value: "all", label: t("sbom.everything") },
            ]}
          />
        </div>
        <DataTable<Material>
          label={t("sbom.components")}
          file="sbom"
          rows={found}
          rowKey={(line) => line.ref}
          tools={<Button size="small" icon={<DownloadOutlined />} onClick={save}>{t("sbom.save")}</Button>}
          empty={<Empty title={t("sbom.none")} hint={t("sbom.noneHint")} />}
          columns={[
            { key: "name", title: t("sbom.name"), head: true, value: (line) => line.name },
            { key: "version", title: t("sbom.version"), value: (line) => line.version, render: (line) => <span className="mono">{line.version}</span> },
            { key: "ecosystem", title: t("sbom.ecosystem"), value: (line) => line.ecosystem },
            { key: "licence", title: t("sbom.licence"), value: (line) => line.licence },
            { key: "shipped", title: t("sbom.scope"), value: (line) => t(line.shipped ? "sbom.inProgram" : "sbom.toolOnly") },
            { key: "usedBy", title: t("sbom.usedBy"), value: (line) => line.usedBy.join(" "), render: (line) => <UsedBy line={line} />, minor: true },
          ]}
        />
      </Card>
      <Card label={t("sbom.byLicence")}>
        <DataTable<LicenceCount>
          label={t("sbom.byLicence")}
          file="licences"
          rows={licences}
          rowKey={(count) => count.licence}
          pageSize={10}
          empty={<Empty title={t("sbom.none")} />}
          columns={[
            { key: "licence", title: t("sbom.licence"), head: true, value: (count) => count.licence },
            { key: "all", title: t("sbom.count"), kind: "count", value: (count) => count.all },
            { key: "shipped", title: t("sbom.shipped"), kind: "count", value: (count) => count.shipped },
          ]}
        />
      </Card>
    </div>
  );
}

/** The first few users; all of them are in the exported table. */
const USERS_SHOWN = 3;

function UsedBy({ line }: { line: Material }) {
  const t = useT();
  const more = line.usedBy.length - USERS_SHOWN;
  return (
    <span className="mono">
      {line.usedBy.slice(0, USERS_SHOWN).join(", ")}
      {more > 0 ? ` ${t("sbom.more", { n: number(more) })}` : ""}
    </span>
  );
}
