-- model: subject.industry
-- title: 国民经济行业分类 | Industry classification
-- description: GB/T 4754-2017 门类、大类、中类、小类；说明须另行导入。 | Sections, divisions, groups and classes of GB/T 4754-2017; notes once a file with them is loaded.
-- owner: 国家统计局
-- side: public
-- grade: general1
-- source: GB/T 4754-2017
-- licence: national standard
-- keys: code
-- inputs: builtin.industry
-- optional: raw.gbt4754 (section text, level bigint, code text, parent text, name text, note text)
-- column: code | 行业代码 | Industry code
-- column: name | 名称 | Name
-- column: level | 层级（1 门类至 4 小类） | Level, 1 section to 4 class
-- column: parent_code | 上级代码 | Parent code
-- column: section | 门类 | Section
-- column: note | 说明 | Note
-- column: source | 来源 | Source
-- The built-in names come first: files of the standard are known to cut long ones.
SELECT coalesce(b.code, g.code) AS code, coalesce(b.name, g.name) AS name,
  coalesce(CAST(b.level AS bigint), CAST(g.level AS bigint)) AS level, coalesce(b.parent, g.parent) AS parent_code,
  coalesce(b.section, g.section) AS section, g.note, 'GB/T 4754-2017' AS source
FROM builtin.industry b
FULL JOIN raw.gbt4754 g ON g.code = b.code
ORDER BY section, code
