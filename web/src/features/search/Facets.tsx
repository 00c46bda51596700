// How many hits have which kind, zone, side, grade and owner; a value narrows the results, again widens them.
import { Button } from "antd";
import { number } from "../../sdk/format";
import { useT } from "../../sdk/i18n";
import { Card } from "../../sdk/Page";
import type { DataSide, FoundKind, Grade, SearchPage, SearchQuery, Side } from "../../sdk/types";
import { useGradeName, useZoneName } from "../data/Catalogue";

const DIMENSIONS = ["kind", "zone", "side", "grade", "owner"] as const;
type Dimension = (typeof DIMENSIONS)[number];
const DATA_SIDES: DataSide[] = ["public", "industry", "enterprise"];
const SIDES: Side[] = ["government", "industry", "enterprise", "operation"];

export type Narrowed = Partial<Pick<SearchQuery, Dimension>>;

export function Facets({ facets, chosen, onChange }: { facets: SearchPage["facets"]; chosen: Narrowed; onChange: (next: Narrowed) => void }) {
  const t = useT();
  const name = useValueName();
  const narrowed = DIMENSIONS.some((dimension) => chosen[dimension]);
  return (
    <Card
      title={t("find.filters")}
      tools={narrowed ? <Button size="small" onClick={() => onChange({ kind: undefined, zone: undefined, side: undefined, grade: undefined, owner: undefined })}>{t("find.clear")}</Button> : null}
    >
      {DIMENSIONS.filter((dimension) => facets[dimension].length > 0).map((dimension) => (
        <div key={dimension} role="group" aria-label={t(`find.${dimension}`)} className="facet">
          <h3>{t(`find.${dimension}`)}</h3>
          {facets[dimension].map(({ value, count }) => (
            <Button
              key={value}
              size="small"
              type={chosen[dimension] === value ? "primary" : "default"}
              aria-pressed={chosen[dimension] === value}
              onClick={() => onChange({ [dimension]: chosen[dimension] === value ? undefined : value } as Narrowed)}
            >
              {name(dimension, value)} <span className="num">{number(count)}</span>
            </Button>
          ))}
        </div>
      ))}
    </Card>
  );
}

function useValueName(): (dimension: Dimension, value: string) => string {
  const t = useT();
  const zoneName = useZoneName();
  const gradeName = useGradeName();
  return (dimension, value) => {
    if (dimension === "kind") return t(`find.kindOf.${value as FoundKind}`);
    if (dimension === "zone") return zoneName(value);
    if (dimension === "grade") return gradeName(value as Grade);
    if (dimension === "side") {
      const side = SIDES.find((known) => known === value);
      const data = DATA_SIDES.find((known) => known === value);
      return side ? t(`side.${side}`) : data ? t(`dataSide.${data}`) : value;
    }
    return value;
  };
}
