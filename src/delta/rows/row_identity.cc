#include "delta/rows/row_identity.h"

#include <set>
#include <utility>

#include "base/strings.h"
#include "delta/rows/leaf_types.h"

namespace salvor::delta {

namespace {

// Builds the expression of one column. Nested values are brought into a form in
// which JSON text tells all differences: maps become lists of entries, and
// fields have their physical names, in order.
class Canon {
 public:
  Canon(MappingMode mapping, std::string column) : mapping_(mapping), column_(std::move(column)) {}

  // The field among `columns`, or nothing if the file was written before it was
  // added.
  Result<const FileColumn*> Find(const Field& field, const std::vector<FileColumn>& columns) const {
    const FileColumn* found = nullptr;
    bool any_id = columns.empty();
    for (const FileColumn& column : columns) {
      any_id = any_id || column.field_id.has_value();
      const bool same = mapping_ == MappingMode::kId
                            ? column.field_id && column.field_id == field.id
                            : LowerCase(column.name) == LowerCase(field.physical_name);
      if (!same) continue;
      if (found != nullptr)
        return Fail(Refuse("stands twice in a file", "its name or id is not unique"));
      found = &column;
    }
    if (mapping_ == MappingMode::kId && !any_id) {
      return Fail(Refuse("cannot be found", "the table maps columns by id and a file has no ids"));
    }
    return found;
  }

  // `value` is SQL for the file's value; the result is the same text where
  // nothing needs a change.
  Result<std::string> Form(const std::string& value, const DataType& type, const FileColumn& file) {
    switch (type.kind) {
      case DataType::Kind::kPrimitive:
        return Leaf(value, type, file);
      case DataType::Kind::kStruct:
        return Struct(value, type, file);
      case DataType::Kind::kArray:
        return Array(value, type, file);
      case DataType::Kind::kMap:
        return Map(value, type, file);
    }
    return Fail(Code::kInternal, "a type of no kind");
  }

  [[nodiscard]] Error Refuse(const std::string& what, const std::string& why) const {
    return Error{Code::kUnsupported,
                 "column '" + column_ + "' " + what + ": " + why,
                 {},
                 "Use a salvor that can read it"};
  }

 private:
  [[nodiscard]] Error WrongKind(const DataType& type) const {
    return Refuse("cannot be read", "a file does not store " + FormatType(type));
  }

  Result<std::string> Leaf(const std::string& value, const DataType& type, const FileColumn& file) {
    if (file.kind != FileColumn::Kind::kLeaf) return Fail(WrongKind(type));
    auto cast = CastLeaf(value, type.primitive, file.duck_type);
    if (!cast) return Fail(Refuse("cannot be read", cast.error().what));
    return cast;
  }

  Result<std::string> Struct(const std::string& value, const DataType& type,
                             const FileColumn& file) {
    if (file.kind != FileColumn::Kind::kStruct) return Fail(WrongKind(type));
    bool same = file.children.size() == type.fields.size();
    std::string pack = "struct_pack(";
    for (size_t i = 0; i < type.fields.size(); ++i) {
      const Field& field = type.fields[i];
      SALVOR_TRY(const FileColumn* const child, Find(field, file.children));
      std::string part = "NULL";
      if (child != nullptr) {
        const std::string plain =
            "struct_extract(" + value + ", " + QuoteLiteral(child->name) + ")";
        SALVOR_TRY(part, Form(plain, field.type, *child));
        same = same && part == plain && child == &file.children[i] &&
               child->name == field.physical_name;
      } else {
        same = false;
        SALVOR_OK(CheckType(field.type));
      }
      pack += (i == 0 ? "" : ", ") + QuoteIdentifier(field.physical_name) + " := " + part;
    }
    if (same) return value;
    if (type.fields.empty()) return Fail(WrongKind(type));
    return "CASE WHEN " + value + " IS NULL THEN NULL ELSE " + pack + ") END";
  }

  Result<std::string> Array(const std::string& value, const DataType& type,
                            const FileColumn& file) {
    if (file.kind != FileColumn::Kind::kList) return Fail(WrongKind(type));
    const std::string element = FreshName();
    SALVOR_TRY(const std::string form, Form(element, type.elements[0], file.children[0]));
    if (form == element) return value;
    return "list_transform(" + value + ", lambda " + element + ": " + form + ")";
  }

  Result<std::string> Map(const std::string& value, const DataType& type, const FileColumn& file) {
    if (file.kind != FileColumn::Kind::kMap) return Fail(WrongKind(type));
    const std::string entry = FreshName();
    const std::string key = "struct_extract(" + entry + ", 'key')";
    const std::string mapped = "struct_extract(" + entry + ", 'value')";
    SALVOR_TRY(const std::string key_form, Form(key, type.elements[0], file.children[0]));
    SALVOR_TRY(const std::string value_form, Form(mapped, type.elements[1], file.children[1]));
    const std::string entries = "map_entries(" + value + ")";
    if (key_form == key && value_form == mapped) return entries;
    return "list_transform(" + entries + ", lambda " + entry + ": struct_pack(key := " + key_form +
           ", value := " + value_form + "))";
  }

  // A type is refused also where no file has the column yet.
  Status CheckType(const DataType& type) {
    if (type.kind == DataType::Kind::kPrimitive) {
      auto known = SqlType(type.primitive);
      if (!known) return Fail(Refuse("cannot be read", known.error().what));
      return Done{};
    }
    for (const DataType& element : type.elements) SALVOR_OK(CheckType(element));
    for (const Field& field : type.fields) SALVOR_OK(CheckType(field.type));
    return Done{};
  }

  std::string FreshName() { return "salvor_element_" + std::to_string(++names_); }

  friend Result<std::vector<std::string>> OfColumn(MappingMode, const Field&, const FileSchema&);
  MappingMode mapping_;
  std::string column_;
  int names_ = 0;
};

bool IsFloating(const DataType& type) {
  return type.kind == DataType::Kind::kPrimitive &&
         (type.primitive == "float" || type.primitive == "double");
}

// One expression, two for floating numbers: SQL takes 0.0 and -0.0 for equal,
// so the sign of zero stands beside the number.
Result<std::vector<std::string>> OfColumn(MappingMode mapping, const Field& field,
                                          const FileSchema& file) {
  Canon canon(mapping, field.name);
  SALVOR_TRY(const FileColumn* const column, canon.Find(field, file.columns));
  if (field.type.kind == DataType::Kind::kPrimitive) {
    auto type = SqlType(field.type.primitive);
    if (!type) return Fail(canon.Refuse("cannot be read", type.error().what));
    std::string value = "CAST(NULL AS " + *type + ")";
    if (column != nullptr) {
      SALVOR_TRY(value, canon.Form(QuoteIdentifier(column->name), field.type, *column));
    }
    if (!IsFloating(field.type)) return std::vector{value};
    std::string sign = "CASE WHEN " + value + " = 0 THEN signbit(" + value + ") ELSE false END";
    return std::vector{value, sign};
  }
  if (column == nullptr) {
    SALVOR_OK(canon.CheckType(field.type));
    return std::vector<std::string>{"CAST(NULL AS VARCHAR)"};
  }
  SALVOR_TRY(const std::string form,
             canon.Form(QuoteIdentifier(column->name), field.type, *column));
  return std::vector{"CAST(to_json(" + form + ") AS VARCHAR)"};
}

}  // namespace

Status CheckColumnsReadable(const Schema& schema,
                            const std::vector<std::string>& partition_columns) {
  // As of a file that has none of the columns yet.
  SALVOR_TRY([[maybe_unused]] const auto none, IdentityExpressions(schema, partition_columns, {}));
  return Done{};
}

Result<std::vector<std::string>> IdentityExpressions(
    const Schema& schema, const std::vector<std::string>& partition_columns,
    const FileSchema& file) {
  std::set<std::string> partition_names;
  for (const std::string& name : partition_columns) partition_names.insert(LowerCase(name));
  std::vector<std::string> expressions;
  for (const Field& field : schema.fields) {
    if (partition_names.count(LowerCase(field.name)) != 0) continue;
    SALVOR_TRY(auto own, OfColumn(schema.mapping, field, file));
    std::move(own.begin(), own.end(), std::back_inserter(expressions));
  }
  return expressions;
}

}  // namespace salvor::delta
