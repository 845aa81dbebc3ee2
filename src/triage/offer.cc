#include "triage/offer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "base/text.h"
#include "model/newest_content.h"
#include "triage/describe.h"

namespace salvor::triage {
namespace {

constexpr const char* kByName = "--partitions";
constexpr const char* kReplace = "--replace";
constexpr const char* kTogether = " together with --partitions";

// Asks for all partitions of a kind, unless they are named.
bool IsOfAKind(const std::string& flag) {
  return flag == "--beside" || flag.starts_with("--include");
}

bool Chooses(const std::string& flag) { return flag != "--latest" && !IsOfAKind(flag); }

std::string Joined(const std::vector<std::string>& parts, const char* last) {
  std::string text;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text += i + 1 == parts.size() ? last : ", ";
    text += parts[i];
  }
  return text;
}

bool Works(const Offer& offer) { return offer.refusal.empty(); }

}  // namespace

void AskByName(Offers& offers) {
  offers.by_name = true;
  for (Offer& way : offers.ways) {
    if (std::any_of(way.flags.begin(), way.flags.end(), Chooses)) {
      way.flags.erase(std::remove_if(way.flags.begin(), way.flags.end(),
                                     [](const std::string& flag) { return !Chooses(flag); }),
                      way.flags.end());
      continue;
    }
    for (std::string& flag : way.flags) flag += kTogether;
  }
}

std::string RefusalOf(const model::Examined& examined, const std::string& gone) {
  if (!examined.refusal.empty()) return "the table as it is today refuses it: " + examined.refusal;
  if (examined.files_gone > 0) {
    return fmt::format("{} of {} {}", FormatCount(examined.files_gone),
                       FormatCount(examined.files_gone + examined.files_present), gone) +
           Examples(examined.gone_examples);
  }
  if (examined.restore.files == 0) return "nothing of it is not there now";
  return "";
}

std::vector<model::PlanOffer> PlanOffersOf(const std::vector<Offers>& offers,
                                           const std::vector<model::PartitionKey>& keys) {
  std::vector<model::PlanOffer> all;
  for (size_t i = 0; i < offers.size(); ++i) {
    for (const Offer& way : offers[i].ways) {
      if (!Works(way)) continue;
      model::PlanOffer offer;
      offer.flags = way.flags.front();
      const size_t together = offer.flags.find(kTogether);
      offer.by_name =
          together != std::string::npos || offer.flags == kByName || IsOfAKind(offer.flags);
      if (together != std::string::npos) offer.flags.erase(together);
      if (offer.flags == kByName) offer.flags.clear();
      offer.replaces = offer.flags.ends_with(kReplace);
      if (offer.replaces) offer.flags = fmt::format("--version {}", way.wanted.snapshot);
      offer.effect = std::string(Trim(way.effect));
      const auto same = std::find_if(all.begin(), all.end(), [&](const model::PlanOffer& one) {
        return one.flags == offer.flags && one.by_name == offer.by_name &&
               one.replaces == offer.replaces && one.effect == offer.effect;
      });
      model::PlanOffer& place = same == all.end() ? all.emplace_back(std::move(offer)) : *same;
      place.of.push_back(keys[i]);
    }
  }
  return all;
}

std::string WaysText(const std::vector<Offer>& ways) {
  std::vector<std::string> texts;
  for (const Offer& way : ways) {
    if (Works(way)) texts.push_back(Joined(way.flags, " or ") + way.effect);
  }
  if (!texts.empty()) return Joined(texts, ", ");
  return ways.empty() ? "" : "it cannot come back: " + ways.front().refusal;
}

std::string SettleContents(const Offers& offers, const model::EngineWords& words,
                           model::PlannedPartition& planned) {
  if (offers.contents.empty()) return "";
  std::vector<std::string> there;
  std::vector<std::string> gone;
  std::vector<model::PastContent> contents;
  for (size_t i = 0; i < offers.contents.size(); ++i) {
    const model::PastContent& content = planned.contents.at(i);
    const std::string version = words.Version(content.last_version);
    const std::string& refusal = offers.contents[i].refusal;
    if (refusal.empty()) {
      there.push_back(version);
      contents.push_back(content);
    } else {
      gone.push_back(fmt::format("the {} of {} cannot come back: {}",
                                 Plural(content.tally.rows, "row"), version, refusal));
    }
  }
  planned.contents = std::move(contents);
  std::vector<std::string> texts;
  if (!there.empty()) texts.push_back("--version takes those of " + Joined(there, " or "));
  if (model::NewestCanBeChosen(planned))
    texts.back() += std::string(", --latest") + (offers.by_name ? kTogether : "") + " the newest";
  texts.insert(texts.end(), gone.begin(), gone.end());
  return Join(texts, "; ");
}

}  // namespace salvor::triage
