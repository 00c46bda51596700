// From a brand, a short name, a legal name or a credit code to all names of the same thing.
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button } from "antd";
import { api } from "../../sdk/api";
import { useT } from "../../sdk/i18n";
import { Card } from "../../sdk/Page";
import { useAsk } from "../../sdk/query";
import { SearchField } from "../../sdk/SearchField";
import { Answer, Empty } from "../../sdk/States";
import { Golden } from "./Golden";

export function Lookup({ set }: { set: string }) {
  const t = useT();
  const search = useSearch({ from: "/shell/matching/$id" });
  const navigate = useNavigate({ from: "/matching/$id" });
  return (
    <div className="stack">
      <Card label={t("matching.lookup")}>
        <SearchField label={t("matching.lookupLabel")} hint={t("matching.lookupHint")} value={search.text} onSearch={(text) => void navigate({ search: (s) => ({ ...s, text }) })} />
      </Card>
      {search.text ? <Hits set={set} name={search.text} /> : null}
    </div>
  );
}

function Hits({ set, name }: { set: string; name: string }) {
  const t = useT();
  const navigate = useNavigate({ from: "/matching/$id" });
  const hits = useAsk(["matching", "lookup", set, name], () => api.matchLookup(set, name));
  return (
    <Answer query={hits} rows={6}>
      {(found) =>
        found.length === 0 ? (
          <Empty title={t("matching.noHits")} hint={t("matching.noHitsHint")} />
        ) : (
          <>
            {found.map((hit) => (
              <Card
                key={hit.cluster}
                title={hit.values.find((value) => value.chosen && value.value)?.value ?? t("matching.goldenRecord")}
                tools={<Button onClick={() => void navigate({ search: { tab: "clusters", cluster: hit.cluster } })}>{t("matching.openCluster")}</Button>}
              >
                <Golden values={hit.values} label={t("matching.goldenRecord")} />
              </Card>
            ))}
          </>
        )
      }
    </Answer>
  );
}
