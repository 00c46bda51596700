// A key or password that the node shows this once.
import { Alert, Button, Input } from "antd";
import { useState } from "react";
import { useT } from "./i18n";

export function Secret({ title, hint, value, onClose }: { title: string; hint: string; value: string; onClose: () => void }) {
  const t = useT();
  const [copied, setCopied] = useState(false);
  // Without permission for the clipboard the text stays selectable in its box.
  const copy = () => void navigator.clipboard?.writeText(value).then(() => setCopied(true), () => setCopied(false));
  return (
    <Alert
      type="warning"
      showIcon
      closable={{ onClose, "aria-label": t("common.close") }}
      title={title}
      description={
        <>
          <p>{hint}</p>
          <div style={{ display: "flex", gap: 8, flexWrap: "wrap", marginTop: 8 }}>
            <Input readOnly className="mono" value={value} aria-label={title} style={{ flex: "1 1 240px" }} onFocus={(event) => event.target.select()} />
            <Button onClick={copy}>{copied ? t("keys.copied") : t("keys.copy")}</Button>
          </div>
        </>
      }
    />
  );
}
