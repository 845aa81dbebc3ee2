#include "bigquery/sql/projection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/strings.h"
#include "bigquery/sql/quoting.h"

namespace salvor::bigquery {
namespace {

constexpr std::string_view kRepeated = "REPEATED";
constexpr std::string_view kRequired = "REQUIRED";

bool SameName(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

// The service writes either spelling.
std::string_view ScalarType(std::string_view type) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kNames{
      {{"INTEGER", "INT64"}, {"FLOAT", "FLOAT64"}, {"BOOLEAN", "BOOL"}, {"RECORD", "STRUCT"}}};
  for (const auto& [legacy, standard] : kNames) {
    if (type == legacy) return standard;
  }
  return type;
}

bool IsStruct(const Field& field) { return ScalarType(field.type) == "STRUCT"; }
bool IsRepeated(const Field& field) { return field.mode == kRepeated; }

std::string ElementType(const Field& field) {
  if (!IsStruct(field)) return std::string(ScalarType(field.type));
  std::string text = "STRUCT<";
  for (const Field& member : field.fields) {
    text += text.back() == '<' ? "" : ", ";
    text += QuoteName(member.name) + " " + GoogleSqlType(member);
  }
  return text + ">";
}

// The same type, at every level, with the same names in the same order.
bool SameShape(const Field& a, const Field& b) {
  if (a.name != b.name || ScalarType(a.type) != ScalarType(b.type) ||
      IsRepeated(a) != IsRepeated(b) || a.fields.size() != b.fields.size()) {
    return false;
  }
  return std::equal(a.fields.begin(), a.fields.end(), b.fields.begin(), SameShape);
}

// Every value of `from` is one of `to`, as ALTER COLUMN SET DATA TYPE allows it.
bool Widens(std::string_view from, std::string_view to) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kWider{
      {{"INT64", "NUMERIC"},
       {"INT64", "BIGNUMERIC"},
       {"INT64", "FLOAT64"},
       {"NUMERIC", "BIGNUMERIC"},
       {"NUMERIC", "FLOAT64"}}};
  return std::find(kWider.begin(), kWider.end(), std::pair(from, to)) != kWider.end();
}

tl::unexpected<Error> DoesNotFit(const std::string& column, std::string what, std::string next) {
  return Fail(Code::kUnsupported, fmt::format("column {}: {}", column, what), {}, std::move(next));
}

constexpr const char* kOtherType =
    "No statement makes a type narrower again: let persist or a CLONE by hand keep the old rows "
    "before the deadline, and convert them by hand";

// Names the columns that a message is about: "a.b".
std::string Under(const std::string& parent, const std::string& name) {
  return parent.empty() ? name : parent + "." + name;
}

// Values of these have no equality, but one text each: of the column by itself, not as a member of
// a STRUCT, where JSON's null would look like a NULL.
bool NeedsText(const Field& field) {
  return ScalarType(field.type) == "JSON" ||
         std::any_of(field.fields.begin(), field.fields.end(), NeedsText);
}

class Shaping {
 public:
  enum class As { kValues, kText };
  explicit Shaping(As as) : as_(as) {}

  // `path` in the shape of `wanted`.
  Result<std::string> Value(const Field& wanted, const Field& has, const std::string& path,
                            const std::string& column) {
    const std::string name = Under(column, wanted.name);
    if (IsRepeated(wanted) != IsRepeated(has) || IsStruct(wanted) != IsStruct(has)) {
      return DoesNotFit(
          name, fmt::format("it was {} and is {} now", GoogleSqlType(has), GoogleSqlType(wanted)),
          kOtherType);
    }
    Field renamed = has;
    renamed.name = wanted.name;
    if (SameShape(wanted, renamed) && !(as_ == As::kText && NeedsText(wanted))) return path;
    if (!IsRepeated(wanted)) return Element(wanted, has, path, name);
    const std::string element = fmt::format("e{}", ++depth_);
    const std::string offset = fmt::format("o{}", depth_);
    SALVOR_TRY(std::string shaped, Element(wanted, has, element, name));
    return fmt::format("ARRAY(SELECT {} FROM UNNEST({}) AS {} WITH OFFSET AS {} ORDER BY {})",
                       shaped, path, element, offset, offset);
  }

  // "expression AS `name`" for each of `wanted`.
  Result<std::vector<std::string>> Items(const std::vector<Field>& wanted,
                                         const std::vector<Field>& has, const std::string& parent,
                                         const std::string& column) {
    for (const Field& field : has) {
      if (FindField(wanted, field.name) == nullptr) {
        return DoesNotFit(Under(column, field.name),
                          "the table no longer has it, and its values would be lost",
                          "Add it again (ALTER TABLE … ADD COLUMN; RENAME COLUMN if it only has "
                          "another name now), and plan anew with --by-name");
      }
    }
    std::vector<std::string> items;
    for (const Field& field : wanted) {
      const Field* source = FindField(has, field.name);
      std::string value;
      if (source != nullptr) {
        SALVOR_TRY(value, Value(field, *source, parent + "." + QuoteName(source->name), column));
      } else if (field.mode == kRequired) {
        return DoesNotFit(Under(column, field.name),
                          "it is REQUIRED now, and the old rows have no value for it", kLetBeNull);
      } else if (IsRepeated(field)) {
        value = GoogleSqlType(field) + "[]";
      } else {
        value = fmt::format("CAST(NULL AS {})", GoogleSqlType(field));
      }
      items.push_back(fmt::format("{} AS {}", value, QuoteName(field.name)));
    }
    return items;
  }

 private:
  Result<std::string> Element(const Field& wanted, const Field& has, const std::string& path,
                              const std::string& name) {
    const std::string_view to = ScalarType(wanted.type);
    const std::string_view from = ScalarType(has.type);
    if (!IsStruct(wanted)) {
      if (to == from && as_ == As::kText && NeedsText(wanted)) {
        return fmt::format("IF({0} IS NULL, NULL, TO_JSON_STRING({0}))", path);
      }
      if (to == from) return path;
      if (!Widens(from, to))
        return DoesNotFit(name, fmt::format("it was {} and is {} now", from, to), kOtherType);
      return fmt::format("CAST({} AS {})", path, to);
    }
    SALVOR_TRY(auto items, Items(wanted.fields, has.fields, path, name));
    return fmt::format("IF({} IS NULL, NULL, STRUCT({}))", path, Join(items, ", "));
  }

  As as_;
  int depth_ = 0;
};

// The names of columns whose values cannot be compared as text.
void FindIncomparable(const std::vector<Field>& fields, const std::string& column,
                      std::vector<std::string>& found) {
  constexpr std::array<std::string_view, 13> kComparable{
      "INT64",    "FLOAT64",   "BOOL",    "STRING",     "BYTES",  "DATE", "TIME",
      "DATETIME", "TIMESTAMP", "NUMERIC", "BIGNUMERIC", "STRUCT", "JSON"};
  for (const Field& field : fields) {
    const std::string_view type = ScalarType(field.type);
    if (std::find(kComparable.begin(), kComparable.end(), type) == kComparable.end()) {
      found.push_back(fmt::format("{} ({})", Under(column, field.name), type));
    }
    FindIncomparable(field.fields, Under(column, field.name), found);
  }
}

}  // namespace

const Field* FindField(const std::vector<Field>& fields, std::string_view name) {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const Field& field) { return SameName(field.name, name); });
  return found == fields.end() ? nullptr : &*found;
}

std::string GoogleSqlType(const Field& field) {
  return IsRepeated(field) ? "ARRAY<" + ElementType(field) + ">" : ElementType(field);
}

Result<std::vector<std::string>> SelectItems(const std::vector<Field>& wanted,
                                             const std::vector<Field>& has) {
  return Shaping(Shaping::As::kValues).Items(wanted, has, "t", "");
}

Result<std::string> RowText(const std::vector<Field>& wanted, const std::vector<Field>& has) {
  std::vector<std::string> incomparable;
  FindIncomparable(wanted, "", incomparable);
  if (!incomparable.empty()) {
    return Fail(
        Code::kUnsupported,
        "rows with these columns cannot be compared: " + Join(incomparable, ", "), {},
        "Whole partitions that are empty, with the columns of that time, can be restored by "
        "copying");
  }
  SALVOR_TRY(auto items, Shaping(Shaping::As::kText).Items(wanted, has, "t", ""));
  return fmt::format("TO_JSON_STRING(STRUCT({}))", Join(items, ", "));
}

}  // namespace salvor::bigquery
