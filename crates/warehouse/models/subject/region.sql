-- model: subject.region
-- title: 行政区划 | Administrative divisions
-- description: 省、市、县（区）的代码、名称与上下级；未导入区划数据时只有省和地级市。 | Codes, names and hierarchy of provinces, cities and counties; provinces and cities only until a division file is loaded.
-- owner: 民政部门
-- side: public
-- grade: general1
-- source: modood/Administrative-divisions-of-China, 2024-11-28 (GB/T 2260)
-- licence: WTFPL (codes)
-- keys: region_code
-- inputs: builtin.region
-- optional: raw.region_province (code text, name text)
-- optional: raw.region_city (code text, name text, province_code text)
-- optional: raw.region_county (code text, name text, city_code text, province_code text)
-- column: region_code | 行政区划代码 | Region code
-- column: name | 名称 | Name
-- column: level | 层级 | Level
-- column: parent_code | 上级代码 | Parent code
-- column: source | 来源 | Source
WITH loaded AS (
  SELECT code || '0000' AS region_code, name FROM raw.region_province
  UNION ALL
  SELECT code || '00' AS region_code, name FROM raw.region_city
  UNION ALL
  SELECT code AS region_code, name FROM raw.region_county
),
place AS (
  -- Cities without counties stand in the county file once more, under their own code.
  SELECT region_code, min(name) AS name, '行政区划数据' AS source FROM loaded
  -- Shelves of the code book, not places.
  WHERE name NOT IN ('市辖区', '县', '省直辖县级行政区划', '自治区直辖县级行政区划')
  GROUP BY region_code
  UNION ALL
  SELECT b.code AS region_code, b.name, '内置区划' AS source
  FROM builtin.region b LEFT ANTI JOIN loaded l ON l.region_code = b.code
)
SELECT
  p.region_code,
  p.name,
  CASE WHEN p.region_code LIKE '%0000' THEN 'province' WHEN p.region_code LIKE '%00' THEN 'city' ELSE 'county' END AS level,
  CASE
    WHEN p.region_code LIKE '%0000' THEN NULL
    WHEN p.region_code LIKE '%00' THEN left(p.region_code, 2) || '0000'
    -- Counties of municipalities and those under a province directly have no city above them.
    ELSE coalesce(c.region_code, left(p.region_code, 2) || '0000')
  END AS parent_code,
  p.source
FROM place p
LEFT JOIN place c ON c.region_code = left(p.region_code, 4) || '00'
ORDER BY p.region_code
