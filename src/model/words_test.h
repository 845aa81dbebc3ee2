// The words of an engine that there is not.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "model/engine_words.h"
#include "model/inventory.h"

namespace salvor::model {

class EngineTestWords : public EngineWords {
 public:
  std::string Version(int64_t version) const override { return fmt::format("version {}", version); }
  std::string VersionOf(int64_t version, Instant /*at*/) const override { return Version(version); }
  std::string InVersion(int64_t version) const override { return "in " + Version(version); }
  std::string MadeFor(int64_t version) const override { return Version(version); }
  std::string EventOf(int64_t version) const override { return Version(version); }
  StateParts Parts() const override { return {"its columns", "its rules", "its protocol"}; }
  std::string_view VersionNote() const override { return ""; }
  std::string_view JudgedBy() const override { return ""; }
  std::string_view PiecesHeader() const override { return ""; }
  std::string_view PiecesLeftHeader() const override { return ""; }
  std::string_view PastDeadline() const override { return ""; }
  std::string Persisted(const Moved& /*moved*/) const override { return ""; }
  std::string Restored(const Moved& /*moved*/) const override { return ""; }
  std::vector<std::pair<std::string, int64_t>> PersistedCounts(
      const Moved& /*moved*/) const override {
    return {};
  }
  std::vector<std::pair<std::string, int64_t>> RestoredCounts(
      const Moved& /*moved*/) const override {
    return {};
  }
  std::string JobIds(std::string_view /*digest*/, std::string_view /*step*/) const override {
    return "";
  }
  std::string_view HowPersistRuns() const override { return "by hand, privately"; }
  std::string_view HowApplyRuns() const override { return "by hand, in public"; }
  std::string_view WhatIsPinned() const override { return "everything is pinned"; }
  std::string Operations(int64_t count) const override { return Plural(count, "thing"); }
  bool RunsByHand() const override { return true; }
  bool ComparesEveryRow() const override { return true; }
};

inline const EngineWords& TestWords() {
  static const EngineTestWords words;
  return words;
}

inline const EngineWords& TestWordsFor(const TableIdentity& /*table*/) { return TestWords(); }

}  // namespace salvor::model
