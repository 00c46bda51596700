import { ApartmentOutlined } from "@ant-design/icons";
import { Link, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { number } from "../../sdk/format";
import { useLanguage, useT } from "../../sdk/i18n";
import { PageFrame } from "../../sdk/Page";
import { ProductPicker } from "../../sdk/Pickers";
import { ProvenanceFooter } from "../../sdk/Provenance";
import { useComponent } from "../../sdk/query";
import { Answer, Empty } from "../../sdk/States";
import { EVERY_CHAIN } from "./everyChain";

export function Chains() {
  const t = useT();
  const navigate = useNavigate();
  const chains = useComponent("chain.list", {});
  const first = chains.data?.result.chains[0]?.chain_id;
  return (
    <PageFrame title={t("chain.choose")} question={t("chain.chooseHint")}>
      <Answer query={chains}>
        {({ result, provenance, seconds }) => (
          <>
            {result.chains.length === 0 ? (
              <Empty title={t("home.noChains")} hint={t("home.noChainsHint")}>
                <Link to="/data/ingest">{t("nav.ingest")}</Link>
              </Empty>
            ) : null}
            <ChainTiles chains={result.chains}>
              <Tile id={EVERY_CHAIN} name={t("chain.every")} sub={t("chain.everyHint")} />
            </ChainTiles>
            {first ? (
              <div className="filters" style={{ marginTop: 20 }}>
                <ProductPicker
                  label={t("chain.rootOpen")}
                  onChange={(root) => root && void navigate({ to: "/chain/$id", params: { id: first }, search: { root } })}
                />
              </div>
            ) : null}
            <ProvenanceFooter provenance={provenance} seconds={seconds} />
          </>
        )}
      </Answer>
    </PageFrame>
  );
}

interface Listed {
  chain_id: string;
  name: string;
  name_en?: string | null;
  products: number;
  firms: number;
}

export function ChainTiles({ chains, children }: { chains: Listed[]; children?: ReactNode }) {
  const t = useT();
  const language = useLanguage();
  return (
    <div className="tiles">
      {chains.map((chain) => (
        <Tile
          key={chain.chain_id}
          id={chain.chain_id}
          name={language === "en" && chain.name_en ? chain.name_en : chain.name}
          sub={`${t("chain.productsOf", { n: number(chain.products) })} · ${t("chain.firmsOf", { n: number(chain.firms) })}`}
        />
      ))}
      {children}
    </div>
  );
}

function Tile({ id, name, sub }: { id: string; name: string; sub: string }) {
  return (
    <Link to="/chain/$id" params={{ id }} className="tile">
      <span className="icon" aria-hidden="true"><ApartmentOutlined /></span>
      <span>
        <b>{name}</b>
        <span className="sub">{sub}</span>
      </span>
    </Link>
  );
}
