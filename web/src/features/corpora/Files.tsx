// Files brought for a corpus: bring one, see what is there, remove one.
import { useMutation } from "@tanstack/react-query";
import { Button, Popconfirm } from "antd";
import { useId, useRef } from "react";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { bytes, instant } from "../../sdk/format";
import { useT } from "../../sdk/i18n";
import { Card } from "../../sdk/Page";
import { client } from "../../sdk/query";
import { Empty, FailureView } from "../../sdk/States";
import type { CorpusDetail, CorpusFile } from "../../sdk/types";

const ACCEPTED = ".txt,.md,.html,.htm,.docx,.xlsx,.pptx,.pdf,.jsonl,.png,.jpg,.jpeg,.tif,.tiff";

export function Files({ detail }: { detail: CorpusDetail }) {
  const t = useT();
  const input = useRef<HTMLInputElement>(null);
  const inputId = useId();
  const { id } = detail.card;
  const again = () => client.invalidateQueries({ queryKey: ["corpora"] });
  const bring = useMutation({
    mutationFn: async (files: File[]) => {
      for (const file of files) await api.bringCorpusFile(id, file);
    },
    onSettled: again,
  });
  const remove = useMutation({ mutationFn: (file: CorpusFile) => api.removeCorpusFile(id, file.id), onSuccess: again });
  const failed = [bring, remove].find((step) => step.isError);
  return (
    <Card
      title={t("corpora.files")}
      tools={
        detail.own ? (
          <>
            <label htmlFor={inputId} className="sr-only">{t("corpora.chooseFiles")}</label>
            <input
              id={inputId}
              ref={input}
              type="file"
              multiple
              accept={ACCEPTED}
              className="sr-only"
              tabIndex={-1}
              onChange={(event) => {
                const files = [...(event.target.files ?? [])];
                event.target.value = "";
                if (files.length > 0) bring.mutate(files);
              }}
            />
            <Button loading={bring.isPending} onClick={() => input.current?.click()}>{t("corpora.bring")}</Button>
          </>
        ) : undefined
      }
    >
      {failed ? <FailureView error={failed.error} /> : null}
      <DataTable<CorpusFile>
        label={t("corpora.files")}
        file="corpus-files"
        rows={detail.files}
        rowKey={(file) => file.id}
        empty={<Empty title={t("corpora.noFiles")} hint={t("corpora.noFilesHint")} />}
        columns={[
          { key: "name", title: t("corpora.file"), head: true, value: (file) => file.name, render: (file) => <span className="wrap">{file.name}</span> },
          { key: "bytes", title: t("corpora.size"), value: (file) => file.bytes, render: (file) => bytes(file.bytes) },
          { key: "sha256", title: "SHA-256", value: (file) => file.sha256, render: (file) => <span className="mono">{file.sha256.slice(0, 16)}…</span>, minor: true },
          { key: "at", title: t("corpora.broughtAt"), value: (file) => file.brought_at, render: (file) => instant(file.brought_at), minor: true },
          {
            key: "remove",
            title: t("corpora.remove"),
            sortable: false,
            value: () => "",
            render: (file) =>
              detail.own ? (
                <Popconfirm title={t("corpora.removeSure", { name: file.name })} okText={t("corpora.remove")} cancelText={t("corpora.cancel")} onConfirm={() => remove.mutate(file)}>
                  <Button size="small" danger aria-label={t("corpora.removeFile", { name: file.name })}>{t("corpora.remove")}</Button>
                </Popconfirm>
              ) : null,
          },
        ]}
      />
    </Card>
  );
}
