#include <fmt/format.h>

#include <algorithm>

#include "config/config.h"
#include "io/fs.h"

namespace salvor::config {
namespace {

struct TwoParts {
  std::string dataset;
  std::string table;
};

// "dataset.table" of parts that stay below the warehouse's root.
std::optional<TwoParts> SplitName(std::string_view text) {
  const size_t dot = text.find('.');
  if (dot == std::string_view::npos || text.find('.', dot + 1) != std::string_view::npos ||
      text.find_first_of(std::string_view("/\0", 2)) != std::string_view::npos) {
    return std::nullopt;
  }
  TwoParts parts{std::string(text.substr(0, dot)), std::string(text.substr(dot + 1))};
  if (parts.dataset.empty() || parts.table.empty()) return std::nullopt;
  return parts;
}

// How the addresses of a warehouse's tables are written.
struct AddressForm {
  std::string prefix;
  char separator;  // between dataset and table
};

AddressForm FormOf(const Warehouse& warehouse) {
  if (warehouse.bigquery) return {fmt::format("bigquery:{}.", warehouse.bigquery->project), '.'};
  return {io::JoinPath(warehouse.delta->root, ""), '/'};
}

ResolvedTable Resolve(const Warehouse& warehouse, const TwoParts& parts) {
  const AddressForm form = FormOf(warehouse);
  return {form.prefix + parts.dataset + form.separator + parts.table,
          warehouse.bigquery ? warehouse.bigquery->staging : warehouse.delta->staging, &warehouse};
}

// What follows the warehouse's own part of a table's address; nothing if it lies elsewhere.
std::optional<std::string> NameIn(const Warehouse& warehouse, const std::string& address) {
  const AddressForm form = FormOf(warehouse);
  if (!address.starts_with(form.prefix)) return std::nullopt;
  std::string rest = address.substr(form.prefix.size());
  if (form.separator == '.') return rest;
  if (std::count(rest.begin(), rest.end(), form.separator) != 1 ||
      rest.find('.') != std::string::npos) {
    return std::nullopt;
  }
  std::replace(rest.begin(), rest.end(), form.separator, '.');
  return rest;
}

const ReviewRules* OwnRules(const Config& config, const std::string& address) {
  for (const Warehouse& warehouse : config.warehouses) {
    const auto name = NameIn(warehouse, address);
    if (!name) continue;
    const std::string whole = fmt::format("{}:{}", warehouse.name, *name);
    for (const TableRules& rules : config.tables) {
      if (rules.name == whole && rules.review) return &*rules.review;
    }
  }
  return nullptr;
}

}  // namespace

Result<std::optional<ResolvedTable>> ResolveTable(const Config& config, std::string_view table) {
  const size_t colon = table.find(':');
  const std::string_view name = table.substr(0, colon);
  const auto found =
      std::find_if(config.warehouses.begin(), config.warehouses.end(),
                   [&](const Warehouse& warehouse) { return warehouse.name == name; });
  if (colon == std::string_view::npos || found == config.warehouses.end()) {
    return std::optional<ResolvedTable>();
  }
  const auto parts = SplitName(table.substr(colon + 1));
  if (!parts) {
    return Fail(Code::kInvalidArgument,
                fmt::format("after the warehouse '{}' a table is named as dataset.table", name),
                std::string(table));
  }
  return std::optional<ResolvedTable>(Resolve(*found, *parts));
}

std::optional<ResolvedTable> FindTable(const Config& config, const std::string& address) {
  for (const Warehouse& warehouse : config.warehouses) {
    const auto name = NameIn(warehouse, address);
    const auto parts = name ? SplitName(*name) : std::nullopt;
    if (parts) return Resolve(warehouse, *parts);
  }
  return std::nullopt;
}

model::ReviewPolicy PolicyFor(const Config& config, const std::string& address, bool shared,
                              bool takes_rows_out) {
  const ReviewRules* own = OwnRules(config, address);
  const ReviewRules* all = config.review ? &*config.review : nullptr;
  std::optional<int64_t> asked;
  std::optional<int64_t> to_replace;
  model::ReviewPolicy policy;
  policy.distinct = {std::string(model::kApprover), std::string(model::kAuthor)};
  for (const ReviewRules* rules : {all, own}) {
    if (rules == nullptr) continue;
    if (rules->approvals) asked = rules->approvals;
    if (rules->replace_approvals) to_replace = rules->replace_approvals;
    if (rules->distinct) policy.distinct = *rules->distinct;
    if (rules->group) policy.group = *rules->group;
  }
  const bool wanted = own != nullptr || all != nullptr || shared;
  policy.approvals = asked.value_or(wanted ? 1 : 0);
  // More is asked for what takes more, never less.
  if (takes_rows_out) policy.approvals = std::max(policy.approvals, to_replace.value_or(0));
  policy.waived = asked == 0 && policy.approvals == 0;
  if (policy.approvals > 0) return policy;
  policy.distinct.clear();
  policy.group.clear();
  return policy;
}

}  // namespace salvor::config
