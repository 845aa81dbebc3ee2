// Timestamp partition values are written with a zone by some writers and without one by others, and
// without one nobody can tell which instant was meant: an OPTIMIZE that spells a value anew in
// another zone moves a day's rows to another hour. Where a table mixes the two, "the
// partition is empty" does not prove that its rows are gone.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "delta/protocol/action.h"
#include "delta/table/table_log.h"

namespace salvor::delta {

// Whether some files name a zone, and whether some do not.
struct TimestampZones {
  bool with_zone = false;
  bool without_zone = false;

  [[nodiscard]] bool Mixed() const { return with_zone && without_zone; }
  void Take(const PartitionValue& value);
  void Take(const TimestampZones& other);
};

// What these files use in columns of type timestamp (timestampNtz has no zone by definition).
TimestampZones ZonesOf(const TableHead& head, const std::vector<AddFile>& files);

// Of everything live at the latest version; reads all of it, but only for a table with such a
// column.
Result<TimestampZones> LiveZones(Log& log, const TableHead& today);

// Why `adds` may not be put beside what is live; empty if they may.
std::string ZoneRefusal(const TableHead& then, const std::vector<AddFile>& adds,
                        const TimestampZones& live);

}  // namespace salvor::delta
