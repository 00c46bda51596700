// Parts of a page, one shown at a time.
import { Segmented } from "antd";
import type { ReactNode } from "react";

interface Part {
  key: string;
  label: string;
  children: ReactNode;
}

/** More parts than fit a phone: a row that scrolls, where tabs would hide some behind a button. */
export function Parts({ label, shown, onShow, parts }: { label: string; shown: string; onShow: (key: string) => void; parts: Part[] }) {
  return (
    <>
      <div style={{ overflowX: "auto", marginBottom: 16 }}>
        <Segmented aria-label={label} value={shown} onChange={onShow} options={parts.map(({ key, label: name }) => ({ value: key, label: name }))} />
      </div>
      {parts.find((part) => part.key === shown)?.children}
    </>
  );
}
