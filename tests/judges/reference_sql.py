"""GoogleSQL's own front end and reference evaluator (PyPI `zetasql`), on small tables.

Tables are given as GoogleSQL literals, so that their types and values come from the reference too.
Everything runs in one process, because loading it takes a while.
"""
import datetime

from zetasql.api import Analyzer, CatalogBuilder, Parser, PreparedQuery, TableBuilder
from zetasql.types import AnalyzerOptions, LanguageOptions, ZetaSQLBuiltinFunctionOptions

EPOCH = datetime.date(1970, 1, 1)


def _decode(value):
    """A Python value of a proto value: scalars as they are, dates as text, nested ones as tuples."""
    for member in ("int64_value", "bool_value", "string_value", "double_value", "bytes_value"):
        found = getattr(value, member)
        if found is not None:
            return "NaN" if found != found else found
    if value.date_value is not None:
        return str(EPOCH + datetime.timedelta(days=value.date_value))
    if value.timestamp_value is not None:
        return ("timestamp", value.timestamp_value.seconds, value.timestamp_value.nanos)
    if value.array_value is not None:
        return tuple(_decode(one) for one in value.array_value.element or [])
    if value.struct_value is not None:
        return tuple(_decode(one) for one in value.struct_value.field or [])
    for member in ("datetime_value", "time_value", "numeric_value", "bignumeric_value", "json_value"):
        found = getattr(value, member)
        if found is not None:
            return (member, str(found))
    return None


def quote_name(name):
    """A column's name in GoogleSQL, escaped in another way than salvor does it."""
    return "`" + "".join(c if c.isascii() and c.isalnum() or c == "_" else f"\\U{ord(c):08x}"
                         for c in name) + "`"


class _Script:
    """A script with the places that the parser counts in bytes."""

    def __init__(self, text):
        self._bytes = text.encode()

    def at(self, node):
        place = node.parse_location_range
        return self._bytes[place.start:place.end].decode()


class Reference:
    def __init__(self):
        self.language = LanguageOptions.maximum_features()
        self.functions = ZetaSQLBuiltinFunctionOptions(language_options=self.language)
        self.options = AnalyzerOptions(language_options=self.language)
        self.parser = Parser(self.language)
        self._tables = {}  # path -> (columns, the SELECT that gives its rows)

    def _catalog(self):
        catalog = CatalogBuilder("all").with_builtin_functions(self.functions)
        for path, (columns, _) in self._tables.items():
            table = TableBuilder(path)
            for column, kind, _ in columns:
                table.add_column(column, kind)
            built = table.build()
            for column, (_, _, pseudo) in zip(built.column, columns):
                column.is_pseudo_column = pseudo
                column.is_writable_column = True
            catalog.add_table(built)
        return catalog.build()

    def _quoted(self, path):
        return "`" + path.replace(".", "`.`") + "`"

    def _named(self, sql):
        """With each table's name as the one identifier that it has in the catalog."""
        for path in self._tables:
            sql = sql.replace(self._quoted(path), f"`{path}`")
        return sql

    def _run(self, sql):
        """The evaluator has no tables of its own that would take every type, so the SELECT that a
        table is made of stands in its place."""
        for path, (_, select) in self._tables.items():
            sql = sql.replace(self._quoted(path), f"({select})")
        builder = PreparedQuery.builder().set_sql(sql).set_analyzer_options(self.options)
        with builder.set_catalog(self._catalog()).prepare() as query:
            return query.columns, query.execute().content

    def set_table(self, path, select, pseudo=()):
        """The table `p.d.t` holds what this SELECT gives, which may read what it held before."""
        for known, (_, stored) in self._tables.items():
            select = select.replace(self._quoted(known), f"({stored})")
        columns, _ = self._run(select)
        self._tables[path] = (
            [(column.name, column.type, column.name in pseudo) for column in columns], select)

    def rows(self, sql):
        """The answer's rows as a sorted list of tuples."""
        columns, content = self._run(sql)
        rows = [tuple(_decode(cell) for cell in row.cell)
                for row in (content.table_data.row if content.table_data else [])]
        return sorted(rows, key=repr)

    def table(self, path):
        return self.rows(f"SELECT * FROM {self._quoted(path)}")

    def check_types(self, statement):
        return Analyzer(self.options, self._catalog()).analyze_statement(self._named(statement))

    def statements(self, script):
        """A script's statements as the reference's script parser takes them apart."""
        parsed = self.parser.parse_script(script)
        return [(type(one).__name__, _Script(script).at(one), one)
                for one in parsed.statement_list_node.statement_list]

    def run_transaction(self, script):
        """Runs a script of BEGIN, ASSERT, DELETE, INSERT ... SELECT, COMMIT. The message of the
        assertion that did not hold, with nothing changed; or None."""
        before = dict(self._tables)
        begun = committed = False
        for kind, text, parsed in self.statements(script):
            if kind == "ASTBeginStatement":
                begun = True
            elif kind == "ASTCommitStatement":
                committed = True
            elif kind == "ASTAssertStatement":
                if self.rows("SELECT " + _Script(script).at(parsed.expr)) != [(True,)]:
                    self._tables = before
                    return parsed.description.string_value
            else:
                assert begun and not committed, "a change outside the transaction"
                self.check_types(text)
                {"ASTDeleteStatement": self._delete, "ASTInsertStatement": self._insert}[kind](
                    script, parsed)
        assert committed
        return None

    def _names(self, path):
        return [name for name, _, _ in self._tables[path][0]]

    def _replace(self, path, select):
        pseudo = [name for name, _, is_pseudo in self._tables[path][0] if is_pseudo]
        self.set_table(path, select, pseudo)

    def _delete(self, script, parsed):
        path = ".".join(part.id_string for part in parsed.target_path.names)
        names = ", ".join("t." + quote_name(name) for name in self._names(path))
        self._replace(path, f"SELECT {names} FROM {self._quoted(path)} AS t "
                            f"WHERE NOT IFNULL({_Script(script).at(parsed.where)}, FALSE)")

    def _insert(self, script, parsed):
        path = ".".join(part.id_string for part in parsed.target_path.names)
        columns = [one.id_string for one in parsed.column_list.identifiers]
        names = self._names(path)
        assert sorted(columns) == sorted(names), "a column is left to its default"
        old = ", ".join(quote_name(name) for name in names)
        new = ", ".join("inserted." + quote_name(name) for name in names)
        self._replace(path, f"SELECT {old} FROM {self._quoted(path)} UNION ALL SELECT {new} FROM "
                            f"({_Script(script).at(parsed.query)}) AS inserted")
