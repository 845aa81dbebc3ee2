#include "bigquery/table/schema_compatibility.h"

#include <fmt/format.h>

#include <algorithm>

#include "bigquery/sql/projection.h"

namespace salvor::bigquery {
namespace {

constexpr const char* kRequired = "REQUIRED";

bool Same(const std::vector<Field>& a, const std::vector<Field>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Field& x, const Field& y) {
    return x.name == y.name && x.type == y.type && x.mode == y.mode && Same(x.fields, y.fields);
  });
}

std::string Under(const std::string& parent, const Field& field) {
  return parent.empty() ? field.name : parent + "." + field.name;
}

struct Differences {
  std::string added;
  std::string changed;   // the first column of another type or mode
  std::string required;  // the first column whose old rows may lack a value that they need now
};

void Compare(const std::vector<Field>& then, const std::vector<Field>& now,
             const std::string& parent, Differences& found) {
  for (const Field& today : now) {
    const std::string name = Under(parent, today);
    const Field* old = FindField(then, today.name);
    if (old == nullptr) {
      found.added += (found.added.empty() ? "" : ", ") + name;
      continue;
    }
    if (today.mode == kRequired && old->mode != kRequired && found.required.empty()) {
      found.required = name;
    }
    if ((today.type != old->type || today.mode != old->mode) && found.changed.empty()) {
      found.changed = fmt::format("column {} was {} {} and is {} {} now", name, old->mode,
                                  old->type, today.mode, today.type);
    }
    Compare(old->fields, today.fields, name, found);
  }
}

}  // namespace

SchemaFit FitSchema(const std::vector<Field>& then, const std::vector<Field>& now) {
  SchemaFit fit;
  const auto text = RowText(now, then);
  if (!text) fit.incomparable = text.error().what;
  fit.same = Same(then, now);
  if (fit.same) return fit;
  if (const auto items = SelectItems(now, then); !items) {
    fit.refusal = items.error().what;
    fit.next = items.error().next;
    return fit;
  }
  Differences found;
  Compare(then, now, "", found);
  if (!found.required.empty()) {
    fit.refusal = fmt::format("column {} is REQUIRED now, and was not", found.required);
    fit.next = kLetBeNull;
    return fit;
  }
  fit.by_name = !found.added.empty()     ? "new since then: " + found.added
                : !found.changed.empty() ? found.changed
                                         : "the columns are in another order";
  return fit;
}

}  // namespace salvor::bigquery
