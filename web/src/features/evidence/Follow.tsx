// Choosing the one thing whose acts an auditor follows.
import { Button, Input, Select } from "antd";
import { useId, useState } from "react";
import { useT } from "../../sdk/i18n";
import { Card } from "../../sdk/Page";

const THINGS = ["dataset", "organisation", "account", "contract", "grant", "run", "component"] as const;
type Thing = (typeof THINGS)[number];

export function Follow({ about, onFollow }: { about: string | undefined; onFollow: (about: string | undefined) => void }) {
  const t = useT();
  const [kindId, thingId] = [useId(), useId()];
  const given = about?.split(":")[0];
  const [thing, setThing] = useState<Thing>(THINGS.find((k) => k === given) ?? "dataset");
  const [id, setId] = useState(about?.slice(about.indexOf(":") + 1) ?? "");
  const follow = (value: string) => onFollow(value.trim() ? `${thing}:${value.trim()}` : undefined);
  return (
    <Card title={t("evidence.follow")} tools={about ? <Button onClick={() => { setId(""); onFollow(undefined); }}>{t("evidence.stopFollowing")}</Button> : null}>
      <p className="muted" style={{ marginBottom: 8 }}>{t("evidence.followHint")}</p>
      <div className="filters">
        <div className="filter">
          <label htmlFor={kindId}>{t("evidence.followKind")}</label>
          <Select<Thing>
            id={kindId}
            style={{ minWidth: 120, width: "100%" }}
            value={thing}
            onChange={setThing}
            options={THINGS.map((k) => ({ value: k, label: t(`evidence.thing.${k}`) }))}
          />
        </div>
        <div className="filter">
          <label htmlFor={thingId}>{t("evidence.followId")}</label>
          <Input.Search
            id={thingId}
            allowClear
            maxLength={240}
            placeholder={t("evidence.followPlaceholder")}
            value={id}
            onChange={(e) => setId(e.target.value)}
            onSearch={follow}
          />
        </div>
      </div>
    </Card>
  );
}
