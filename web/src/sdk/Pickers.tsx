// The three questions every page of the chain asks first: which chain, where, which product.
import { AutoComplete, Select } from "antd";
import { useDeferredValue, useId, useMemo, useState } from "react";
import { useT, useLanguage } from "./i18n";
import { useComponent } from "./query";
import { PROVINCES, provinceName, provinceOf, regionName } from "./regions";
import { useParty } from "./session";

/** In addresses "all" says the whole nation on purpose; nothing says the caller's own region. */
export function useRegion(asked: string | undefined): string | undefined {
  const own = useParty()?.region ?? undefined;
  if (asked === "all") return undefined;
  return asked ?? own ?? undefined;
}

/**
 * For questions that hold a region against the nation: the one asked for, the caller's own, or else the province with
 * most firms in the chain — the nation against itself would answer nothing.
 */
export function useFocusRegion(asked: string | undefined, chain: string | undefined): { region: string | undefined; ready: boolean } {
  const region = useRegion(asked);
  const free = asked === undefined && region === undefined;
  const provinces = useComponent("region.summary", { level: "province", chain }, { enabled: free && chain !== undefined });
  if (!free) return { region, ready: true };
  const [leading] = [...(provinces.data?.result.regions ?? [])].sort((a, b) => b.firms - a.firms);
  return { region: leading?.region_code, ready: !provinces.isPending };
}

/** Names for region codes: provinces from the portal, cities from the node's own region table. */
export function useRegionName(): (code: string | null | undefined) => string {
  const cities = useComponent("region.summary", { level: "city" });
  const names = useMemo(() => new Map(cities.data?.result.regions.map((r) => [r.region_code, r.name])), [cities.data]);
  return (code) => {
    const province = provinceOf(code);
    const city = code ? names.get(code) : undefined;
    if (!province || !city || code?.endsWith("0000")) return regionName(code);
    return city.startsWith(province.name) ? city : `${provinceName(province)} ${city}`;
  };
}

export function ChainSelect({ value, onChange, allowAll }: { value?: string; onChange: (id?: string) => void; allowAll?: boolean }) {
  const t = useT();
  const language = useLanguage();
  const id = useId();
  const chains = useComponent("chain.list", {});
  return (
    <div className="filter">
      <label htmlFor={id}>{t("common.chain")}</label>
      <Select
        id={id}
        style={{ width: "100%", minWidth: 168 }}
        // Until names are here an id would stand in the field.
        value={chains.data ? value : undefined}
        loading={chains.isPending}
        allowClear={allowAll}
        placeholder={allowAll ? t("map.anyChain") : t("common.choose")}
        onChange={onChange}
        options={chains.data?.result.chains.map((c) => ({
          value: c.chain_id,
          label: language === "en" && c.name_en ? c.name_en : c.name,
        }))}
      />
    </div>
  );
}

/** The chain in the address, or the first one there is; and the question for them, which may still wait or have failed. */
export function useChain(asked: string | undefined) {
  const chains = useComponent("chain.list", {});
  return { chain: asked ?? chains.data?.result.chains[0]?.chain_id, chains };
}

export function RegionSelect({
  value,
  onChange,
  label,
}: {
  value?: string;
  onChange: (code: string) => void;
  label?: string;
}) {
  const t = useT();
  useLanguage();
  const [provinceId, cityId] = [useId(), useId()];
  const province = provinceOf(value);
  const cities = useComponent(
    "region.summary",
    { level: "city", parent: province?.code },
    { enabled: province !== undefined },
  );
  const list = cities.data?.result.regions ?? [];
  return (
    <>
      <div className="filter">
        <label htmlFor={provinceId}>{label ?? t("common.region")}</label>
        <Select
          id={provinceId}
          style={{ width: "100%", minWidth: 132 }}
          value={province?.code ?? "all"}
          showSearch={{ optionFilterProp: "label" }}
          onChange={onChange}
          options={[
            { value: "all", label: t("common.nation") },
            ...PROVINCES.map((p) => ({ value: p.code, label: provinceName(p) })),
          ]}
        />
      </div>
      {province && list.length > 1 ? (
        <div className="filter">
          <label htmlFor={cityId}>{t("common.city")}</label>
          <Select
            id={cityId}
            style={{ width: "100%", minWidth: 120 }}
            value={value && !value.endsWith("0000") ? value : province.code}
            onChange={onChange}
            options={[
              { value: province.code, label: t("common.all") },
              ...list.map((c) => ({ value: c.region_code, label: c.name ?? c.region_code })),
            ]}
          />
        </div>
      ) : null}
    </>
  );
}

export function ProductPicker({
  value,
  onChange,
  label,
  placeholder,
}: {
  value?: string;
  onChange: (product?: string) => void;
  label?: string;
  placeholder?: string;
}) {
  const t = useT();
  const id = useId();
  const [typed, setTyped] = useState<string | null>(null);
  const asked = useDeferredValue(typed ?? "");
  const hits = useComponent("chain.search", { q: asked, limit: 20 }, { enabled: asked.trim() !== "", keep: true });
  const products = hits.data?.result.hits.filter((h) => h.kind === "product") ?? [];
  return (
    <div className="filter wide">
      <label htmlFor={id}>{label ?? t("common.product")}</label>
      <AutoComplete
        id={id}
        style={{ width: "100%", minWidth: 220 }}
        allowClear
        value={typed ?? value ?? ""}
        placeholder={placeholder ?? t("candidates.productPlaceholder")}
        onChange={(next: string | undefined) => {
          setTyped(next ?? "");
          if (!next) onChange(undefined);
        }}
        onSelect={(next) => {
          setTyped(null);
          onChange(next);
        }}
        onBlur={() => setTyped(null)}
        options={products.map((p) => ({ value: p.id, label: p.name }))}
      />
    </div>
  );
}
