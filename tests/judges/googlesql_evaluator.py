"""GoogleSQL's own analyzer and reference evaluator (PyPI zetasql, WebAssembly; a minute to load)."""

from zetasql.core import ZetaSqlLocalService
from zetasql.types import (AnalyzerOptions, LanguageOptions, ProductMode, SimpleCatalog,
                           ZetaSQLBuiltinFunctionOptions)

SCALARS = {2: "INT64", 5: "BOOL", 7: "FLOAT64", 8: "STRING", 9: "BYTES", 10: "DATE", 19: "TIMESTAMP",
           20: "TIME", 21: "DATETIME", 23: "NUMERIC", 24: "BIGNUMERIC", 26: "JSON"}


class Refused(Exception):
    """The query is not GoogleSQL, or failed while it ran; the text is the evaluator's."""


class Evaluator:
    def __init__(self):
        self.service = ZetaSqlLocalService.get_instance()
        language = LanguageOptions.maximum_features()
        language.product_mode = ProductMode.PRODUCT_EXTERNAL
        self.options = AnalyzerOptions(language_options=language, default_timezone="UTC")
        self.catalog = SimpleCatalog(
            name="c", builtin_function_options=ZetaSQLBuiltinFunctionOptions(language_options=language))

    def _prepare(self, sql):
        try:
            return self.service.prepare_query(
                sql=sql, options=self.options, simple_catalog=self.catalog).prepared
        except Exception as error:
            raise Refused(str(error)) from error

    def _evaluate(self, sql):
        prepared = self._prepare(sql)
        try:
            answer = self.service.evaluate_query(prepared_query_id=prepared.prepared_query_id)
        except Exception as error:
            raise Refused(str(error)) from error
        finally:
            self.service.unprepare_query(prepared_query_id=prepared.prepared_query_id)
        table = answer.content.table_data  # None: no rows
        return [row.cell for row in table.row] if table else []

    def rows(self, tables, query):
        """Each row as TO_JSON_STRING writes it, in no order; `tables` are WITH clauses."""
        rows = self._evaluate(f"WITH {tables} (SELECT TO_JSON_STRING(r_) FROM ({query}) AS r_)")
        return [cells[0].string_value for cells in rows]

    def types(self, tables, query):
        prepared = self._prepare(f"WITH {tables} ({query})")
        self.service.unprepare_query(prepared_query_id=prepared.prepared_query_id)
        return [type_name(column.type) for column in prepared.columns]

    def first_column(self, tables, query):
        """Of INT64, in the query's order."""
        return [cells[0].int64_value for cells in self._evaluate(f"WITH {tables} ({query})")]


def type_name(type_):
    if type_.array_type:
        return f"ARRAY<{type_name(type_.array_type.element_type)}>"
    if type_.struct_type:
        fields = ", ".join(f"{field.field_name} {type_name(field.field_type)}".strip()
                           for field in type_.struct_type.field)
        return f"STRUCT<{fields}>"
    return SCALARS.get(int(type_.type_kind), str(type_.type_kind))
