#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "config/config.h"
#include "io/fs.h"

namespace salvor::config {
namespace {

constexpr std::string_view kBigQuery = "bigquery:";

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

ResolvedTable Resolve(const Warehouse& warehouse, const TwoParts& parts) {
  if (warehouse.bigquery) {
    return {fmt::format("{}{}.{}.{}", kBigQuery, warehouse.bigquery->project, parts.dataset,
                        parts.table),
            warehouse.bigquery->staging, &warehouse};
  }
  return {io::JoinPath(io::JoinPath(warehouse.delta->root, parts.dataset), parts.table),
          warehouse.delta->staging, &warehouse};
}

// What follows the warehouse's own part of a table's address; nothing if it lies elsewhere.
std::optional<std::string> NameIn(const Warehouse& warehouse, const std::string& address) {
  const std::string prefix = warehouse.bigquery
                                 ? fmt::format("{}{}.", kBigQuery, warehouse.bigquery->project)
                                 : io::JoinPath(warehouse.delta->root, "");
  if (!address.starts_with(prefix)) return std::nullopt;
  std::string rest = address.substr(prefix.size());
  if (warehouse.delta) {
    if (std::count(rest.begin(), rest.end(), '/') != 1 || rest.find('.') != std::string::npos) {
      return std::nullopt;
    }
    std::replace(rest.begin(), rest.end(), '/', '.');
  }
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

model::ReviewPolicy PolicyFor(const Config& config, const model::TableIdentity& table) {
  const ReviewRules* own = OwnRules(config, table.uri);
  const ReviewRules* all = config.review ? &*config.review : nullptr;
  std::optional<int64_t> asked;
  model::ReviewPolicy policy;
  policy.distinct = {std::string(model::kApprover), std::string(model::kAuthor)};
  for (const ReviewRules* rules : {all, own}) {
    if (rules == nullptr) continue;
    if (rules->approvals) asked = rules->approvals;
    if (rules->distinct) policy.distinct = *rules->distinct;
    if (rules->group) policy.group = *rules->group;
  }
  const bool wanted = own != nullptr || all != nullptr || table.uri.starts_with(kBigQuery);
  policy.approvals = asked.value_or(wanted ? 1 : 0);
  policy.waived = asked == 0;
  if (policy.approvals > 0) return policy;
  policy.distinct.clear();
  policy.group.clear();
  return policy;
}

}  // namespace salvor::config
