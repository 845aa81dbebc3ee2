#include "bigquery/rest/parallel_for.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace salvor::bigquery {

Status ForEach(size_t count, size_t at_once, const std::function<Status(size_t)>& act) {
  std::atomic<size_t> next = 0;
  std::atomic<bool> failed = false;
  std::mutex mutex;
  std::optional<std::pair<size_t, Error>> first;
  const auto work = [&] {
    while (!failed) {
      const size_t index = next.fetch_add(1);
      if (index >= count) return;
      auto status = act(index);
      if (status) continue;
      failed = true;
      const std::lock_guard lock(mutex);
      if (!first || index < first->first) first.emplace(index, std::move(status).error());
    }
  };
  const size_t threads = std::min(count, std::max<size_t>(at_once, 1));
  if (threads <= 1) {
    work();
  } else {
    std::vector<std::jthread> pool;
    pool.reserve(threads);
    for (size_t i = 0; i < threads; ++i) pool.emplace_back(work);
  }
  if (first) return Fail(std::move(first->second));
  return Done{};
}

}  // namespace salvor::bigquery
