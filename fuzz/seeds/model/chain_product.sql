-- model: subject.chain_product
-- title: 产业链环节 | Products of chains
-- description: 产业链由哪些产品组成，各在上、中、下游哪一段。 | Which products form a chain, and in which stage.
-- owner: 产业大脑运营方
-- side: public
-- grade: general1
-- source: curated
-- licence: Apache-2.0
-- keys: chain_id, product_id
-- inputs: builtin.product
-- optional: raw.curated_product (chain text, product text, stage text, essential boolean)
-- column: chain_id | 产业链标识 | Chain id
-- column: product_id | 产品标识 | Product id
-- column: stage | 环节位置 | Stage
-- column: essential | 是否关键 | Essential
-- column: source | 来源 | Source
SELECT chain_id, product_id, first_value(stage) AS stage, bool_or(key_part) AS essential, '编辑整理' AS source
FROM (
  SELECT unnest(string_to_array(chain, '|')) AS chain_id, product AS product_id, stage, coalesce(essential, false) AS key_part
  FROM raw.curated_product
)
GROUP BY chain_id, product_id
ORDER BY chain_id, product_id
