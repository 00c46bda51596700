-- model: subject.chain
-- title: 产业链 | Industry chains
-- description: 编辑整理的产业链及其最终产品。 | Curated chains and their final products.
-- owner: 产业大脑运营方
-- side: public
-- grade: general1
-- source: curated
-- licence: Apache-2.0
-- keys: chain_id
-- inputs: builtin.product
-- optional: raw.curated_chain (chain text, name_zh text, name_en text, final_products text)
-- column: chain_id | 产业链标识 | Chain id
-- column: name | 名称 | Name
-- column: name_en | 英文名称 | English name
-- column: final_products | 最终产品（竖线分隔） | Final products, separated by bars
-- column: source | 来源 | Source
SELECT chain AS chain_id, name_zh AS name, name_en, final_products, '编辑整理' AS source
FROM raw.curated_chain
ORDER BY chain
