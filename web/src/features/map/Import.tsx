// Boundaries for the map: imported by an administrator under an approval number, or taken away again.
import { useMutation } from "@tanstack/react-query";
import { App, Button, Form, Input, Popconfirm } from "antd";
import { useId, useState } from "react";
import { api } from "../../sdk/api";
import { bytes, date } from "../../sdk/format";
import { useT } from "../../sdk/i18n";
import { Card } from "../../sdk/Page";
import { client } from "../../sdk/query";
import { FailureView } from "../../sdk/States";
import type { Boundaries } from "../../sdk/types";

export const BOUNDARIES_KEY = ["map-boundaries"];

interface Draft {
  approval: string;
  source?: string;
}

export function MapImport({ boundaries }: { boundaries: Boundaries | null }) {
  const t = useT();
  const fileId = useId();
  const { message } = App.useApp();
  const [file, setFile] = useState<File | null>(null);
  const again = () => client.invalidateQueries({ queryKey: BOUNDARIES_KEY });
  const take = useMutation({
    mutationFn: ({ approval, source }: Draft) => {
      if (!file) return Promise.reject(new Error("no file"));
      return api.importBoundaries(file, approval, source ?? file.name);
    },
    onSuccess: async (report) => {
      await again();
      void message.success(t("map.imported", { n: report.regions }));
    },
  });
  const remove = useMutation({ mutationFn: api.removeBoundaries, onSuccess: again });
  return (
    <Card
      title={t("map.import")}
      tools={
        boundaries ? (
          <Popconfirm title={t("map.removeAsk")} onConfirm={() => remove.mutate()} okText={t("map.remove")} cancelText={t("common.cancel")}>
            <Button size="small" danger>{t("map.remove")}</Button>
          </Popconfirm>
        ) : null
      }
    >
      <p className="muted wrap" style={{ marginBottom: 12 }}>
        {boundaries
          ? t("map.known", { number: boundaries.approval, source: boundaries.source, day: date(boundaries.imported_at) })
          : t("map.importHelp")}
      </p>
      {remove.isError ? <FailureView error={remove.error} /> : null}
      {take.isError ? <FailureView error={take.error} /> : null}
      <Form layout="vertical" onFinish={take.mutate} style={{ maxWidth: 460 }}>
        <div className="filter" style={{ marginBottom: 12 }}>
          <label htmlFor={fileId}>{t("map.file")}</label>
          <input id={fileId} type="file" accept=".geojson,.json,application/geo+json" onChange={(event) => setFile(event.target.files?.[0] ?? null)} />
          {file ? <span className="muted">{file.name} · {bytes(file.size)}</span> : null}
        </div>
        <Form.Item name="approval" label={t("map.approvalLabel")} rules={[{ required: true, message: t("components.required") }]}>
          <Input placeholder="GS(2024)0650号" maxLength={40} />
        </Form.Item>
        <Form.Item name="source" label={t("map.source")}><Input maxLength={200} /></Form.Item>
        <Button type="primary" htmlType="submit" disabled={!file} loading={take.isPending}>{t("map.importAction")}</Button>
      </Form>
    </Card>
  );
}
