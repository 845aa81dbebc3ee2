#include "report/choices.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/shell_word.h"
#include "base/strings.h"
#include "base/text.h"
#include "model/newest_content.h"
#include "report/runs.h"

namespace salvor::report {
namespace {

using model::ColumnType;
using model::PastContent;
using model::Plan;
using model::PlannedPartition;

constexpr std::string_view kPartitions = " --partitions ";
constexpr std::string_view kReplace = " --replace ";

// Where rows stand in the way, naming the partition is not enough.
std::string_view FlagFor(const PlannedPartition& one) {
  return one.now.rows > 0 || one.now.uncounted > 0 ? kReplace : kPartitions;
}

bool IsLeftToAPerson(const PlannedPartition& one) {
  return one.disposition == model::Disposition::kReview && !one.contents.empty();
}

bool SameChoice(const PlannedPartition& a, const PlannedPartition& b) {
  return IsLeftToAPerson(b) && FlagFor(a) == FlagFor(b) && a.older_contents == b.older_contents &&
         std::equal(a.contents.begin(), a.contents.end(), b.contents.begin(), b.contents.end(),
                    [](const PastContent& x, const PastContent& y) {
                      return x.last_version == y.last_version && x.written_by == y.written_by;
                    });
}

// As --partitions and --replace read them: exactly these, so never a range, which may hold others.
std::string Argument(const Plan& plan, const std::vector<model::PartitionKey>& keys,
                     std::string_view flag) {
  const bool plain = plan.columns.size() == 1 && (plan.columns[0].type == ColumnType::kDate ||
                                                  plan.columns[0].type == ColumnType::kInteger);
  std::string list;
  std::string objects;
  for (const model::PartitionKey& key : keys) {
    if (plain && key.values[0] && *key.values[0] != model::kUnpartitioned) {
      list += (list.empty() ? "" : ",") + *key.values[0];
    } else {
      objects += std::string(flag) + ShellWord(model::KeyToJson(plan.columns, key).dump());
    }
  }
  return (list.empty() ? "" : std::string(flag) + ShellWord(list)) + objects;
}

std::string Writer(const PastContent& content, const model::EngineWords& words) {
  if (!content.written_by) return "";
  std::string text = "; begun by " + words.EventOf(*content.written_by);
  if (!content.operation.empty()) text += " (" + content.operation;
  if (!content.who.empty()) text += " by " + content.who;
  if (content.written_at) text += ", " + FormatInstant(*content.written_at);
  return text + (content.operation.empty() ? "" : ")");
}

std::string Choice(const Plan& plan, size_t begin, size_t end, const model::EngineWords& words) {
  const PlannedPartition& first = plan.partitions[begin];
  std::vector<model::PartitionKey> which;
  for (size_t i = begin; i < end; ++i) which.push_back(plan.partitions[i].key);
  std::string text = fmt::format("{}:\n", Printable(FormatListed(plan.columns, which)));
  if (first.older_contents > 0) {
    text += fmt::format("  {} before these\n", Plural(first.older_contents, "older content"));
  }
  for (size_t i = 0; i < first.contents.size(); ++i) {
    model::Tally tally;
    for (size_t one = begin; one < end; ++one) {
      const model::Tally& next = plan.partitions[one].contents[i].tally;
      tally.rows += next.rows;
      tally.bytes += next.bytes;
      tally.files += next.files;
      tally.uncounted += next.uncounted;
    }
    const PastContent& content = first.contents[i];
    const std::string pieces =
        words.PiecesHeader().empty() ? "" : fmt::format(", {} left", Plural(tally.files, "file"));
    text += Printable(fmt::format("  {}: {} rows, {}{}{}", words.Version(content.last_version),
                                  FormatRows(tally), FormatSize(tally), pieces,
                                  Writer(content, words))) +
            "\n" +
            Printable(fmt::format("    salvor plan {} --case DIR --version {}{}",
                                  ShellWord(plan.table.uri), content.last_version,
                                  Argument(plan, which, FlagFor(first)))) +
            "\n";
  }
  return text;
}

}  // namespace

std::string ChoicesText(const Plan& plan, const model::EngineWords& words) {
  std::string text;
  std::vector<model::PartitionKey> with_newest;
  std::vector<model::PartitionKey> to_replace;
  const auto& partitions = plan.partitions;
  for (size_t begin = 0; begin < partitions.size();) {
    size_t end = begin + 1;
    if (IsLeftToAPerson(partitions[begin])) {
      while (end < partitions.size() &&
             AreNeighbours(plan.columns, partitions[end - 1].key, partitions[end].key) &&
             SameChoice(partitions[begin], partitions[end])) {
        ++end;
      }
      text += Choice(plan, begin, end, words);
      for (size_t i = begin; i < end; ++i)
        if (model::NewestCanBeChosen(partitions[i]))
          (FlagFor(partitions[i]) == kReplace ? to_replace : with_newest)
              .push_back(partitions[i].key);
    }
    begin = end;
  }
  if (text.empty()) return "";
  text = "\nChoose which rows were right (DIR: a new case):\n" + text;
  if (with_newest.empty() && to_replace.empty()) return text;
  return text + "the newest of each:\n" +
         Printable(fmt::format(
             "    salvor plan {} --case DIR --latest{}", ShellWord(plan.table.uri),
             Argument(plan, with_newest, kPartitions) + Argument(plan, to_replace, kReplace))) +
         "\n";
}

std::string OfferCommand(const Plan& plan, const model::PlanOffer& offer) {
  return fmt::format("salvor plan {} --case DIR{}{}", ShellWord(plan.table.uri),
                     offer.flags.empty() ? "" : " " + offer.flags,
                     offer.replaces  ? Argument(plan, offer.of, kReplace)
                     : offer.by_name ? Argument(plan, offer.of, kPartitions)
                                     : "");
}

std::string OffersText(const Plan& plan, const std::vector<model::PlanOffer>& offers) {
  if (offers.empty()) return "";
  std::string text = "\nWhat could be brought back all the same (DIR: a new case):\n";
  for (const model::PlanOffer& offer : offers) {
    text += Printable(fmt::format("  {}: {}", FormatListed(plan.columns, offer.of), offer.effect)) +
            "\n" + Printable("    " + OfferCommand(plan, offer)) + "\n";
  }
  return text;
}

}  // namespace salvor::report
