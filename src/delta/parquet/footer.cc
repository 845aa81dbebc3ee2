#include "delta/parquet/footer.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "delta/parquet/metadata.h"

namespace salvor::delta {
namespace {

constexpr std::string_view kMagic = "PAR1";
constexpr std::string_view kEncryptedMagic = "PARE";
constexpr int64_t kTail = 8;  // the length of the metadata, and the magic

Error Damaged(std::string what) {
  return Error{Code::kCorrupt, "the Parquet footer is damaged: " + std::move(what), {}, {}};
}

using Chunk = ParquetMetadata::Chunk;
using Element = ParquetMetadata::Element;
using RowGroup = ParquetMetadata::RowGroup;

struct Leaf {
  int64_t type = -1;
  std::vector<std::string_view> path;
  bool flat = true;  // no part of it is repeated
};

// The leaves of the schema, in order; kCorrupt where the list is not a tree.
class LeafCollector {
 public:
  explicit LeafCollector(const std::vector<Element>& elements) : elements_(elements) {}

  Result<std::vector<Leaf>> Collect() {
    if (elements_.empty()) return Fail(Damaged("it has no schema"));
    ++next_;
    SALVOR_OK(Children(elements_[0].children, true, 0));
    if (next_ != elements_.size()) return Fail(Damaged("its schema is not a tree"));
    return std::move(leaves_);
  }

 private:
  Status Children(int64_t count, bool flat, int depth) {
    constexpr int kMaxDepth = 100;
    constexpr int64_t kRepeated = 2;
    constexpr int64_t kMaxTypes = 7;
    if (count < 0 || depth > kMaxDepth) return Fail(Damaged("its schema is not a tree"));
    for (int64_t i = 0; i < count; ++i) {
      if (next_ >= elements_.size()) return Fail(Damaged("its schema is not a tree"));
      const Element& element = elements_[next_++];
      if (element.repetition < 0 || element.repetition > kRepeated) {
        return Fail(Damaged("a column is neither required, optional nor repeated"));
      }
      const bool stays_flat = flat && element.repetition != kRepeated;
      path_.push_back(element.name);
      if (element.children != 0) {
        SALVOR_OK(Children(element.children, stays_flat, depth + 1));
      } else if (element.type < 0 || element.type > kMaxTypes) {
        // A struct without fields has neither type nor children: no writer that is known makes one.
        return Fail(Damaged("a column has no type"));
      } else {
        leaves_.push_back({element.type, path_, stays_flat});
      }
      path_.pop_back();
    }
    return Done{};
  }

  const std::vector<Element>& elements_;
  size_t next_ = 0;
  std::vector<std::string_view> path_;
  std::vector<Leaf> leaves_;
};

// Looks at each chunk, in the file's order.
class ChunkChecker {
 public:
  explicit ChunkChecker(int64_t end) : end_(end) {}

  Status Take(const Chunk& chunk, const Leaf& leaf, int64_t rows) {
    constexpr int64_t kMaxCodecs = 7;
    if (chunk.elsewhere) return Fail(Damaged("a column is said to lie in another file"));
    if (chunk.type != leaf.type || chunk.path != leaf.path) {
      return Fail(Damaged("a column's name or type is not its schema's"));
    }
    if (chunk.codec < 0 || chunk.codec > kMaxCodecs) {
      return Fail(Damaged("a column has an unknown compression"));
    }
    if (chunk.values < 0 || chunk.compressed < 0 || chunk.uncompressed < 0) {
      return Fail(Damaged("a column has a count or size below zero"));
    }
    // An optional column that lies flat has a value or a null for each row.
    if (leaf.flat && chunk.values != rows) {
      return Fail(Damaged("a column has another number of values than rows"));
    }
    const int64_t begin = chunk.dictionary_page > 0
                              ? std::min(chunk.dictionary_page, chunk.data_page)
                              : chunk.data_page;
    const auto first = static_cast<int64_t>(kMagic.size());
    if (begin < first || begin > end_ || chunk.compressed > end_ - begin ||
        chunk.data_page > begin + chunk.compressed || chunk.furthest_index > end_) {
      return Fail(Damaged("a column does not lie inside the file"));
    }
    // Writers compress the columns of a file alike, and lay them one behind the other.
    if (begin != next_ || (codec_ >= 0 && chunk.codec != codec_)) plain_ = false;
    codec_ = chunk.codec;
    next_ = begin + chunk.compressed;
    return Done{};
  }

  [[nodiscard]] bool Plain() const { return plain_; }

 private:
  int64_t end_;
  int64_t next_ = static_cast<int64_t>(kMagic.size());
  int64_t codec_ = -1;
  bool plain_ = true;
};

Status CheckGroups(const ParquetMetadata& metadata, int64_t end, ParquetFooter& footer) {
  SALVOR_TRY(const std::vector<Leaf> leaves, LeafCollector(metadata.schema).Collect());
  ChunkChecker checker(end);
  int64_t rows = 0;
  for (const RowGroup& group : metadata.groups) {
    if (group.rows < 0 || group.rows > metadata.rows - rows) {
      return Fail(Damaged("its row groups have other rows than it says"));
    }
    rows += group.rows;
    if (group.chunks.size() != leaves.size()) {
      return Fail(Damaged("a row group has another number of columns than the schema"));
    }
    for (size_t i = 0; i < leaves.size(); ++i) {
      SALVOR_OK(checker.Take(group.chunks[i], leaves[i], group.rows));
    }
  }
  if (rows != metadata.rows) return Fail(Damaged("its row groups have other rows than it says"));
  footer.plain = checker.Plain();
  return Done{};
}

Status ReadExactly(const io::RandomAccessFile& file, int64_t offset, char* buffer, size_t size) {
  SALVOR_TRY(const size_t got, file.ReadAt(offset, buffer, size));
  if (got != size) return Fail(Damaged("the file became shorter while it was read"));
  return Done{};
}

int64_t Little32(std::string_view bytes) {
  uint32_t value = 0;
  for (size_t i = 4; i-- > 0;) value = value << 8U | static_cast<uint8_t>(bytes[i]);
  return value;
}

}  // namespace

Result<ParquetFooter> ParseParquetMetadata(std::string_view bytes, int64_t begin) {
  const std::optional<ParquetMetadata> metadata = ReadParquetMetadata(bytes);
  if (!metadata) return Fail(Damaged("its metadata cannot be read"));
  const bool encrypted =
      metadata->encrypted ||
      std::any_of(metadata->groups.begin(), metadata->groups.end(), [](const RowGroup& group) {
        return std::any_of(group.chunks.begin(), group.chunks.end(),
                           [](const Chunk& chunk) { return chunk.encrypted; });
      });
  if (encrypted) return Fail(Code::kUnsupported, "the Parquet file is encrypted");
  if (metadata->rows < 0) return Fail(Damaged("it counts no rows"));
  ParquetFooter footer;
  footer.rows = metadata->rows;
  SALVOR_OK(CheckGroups(*metadata, begin, footer));
  footer.schema = Sha256Hex(metadata->schema_bytes);
  constexpr int64_t kNewestVersion = 2;
  if (metadata->odd || metadata->version < 1 || metadata->version > kNewestVersion)
    footer.plain = false;
  return footer;
}

Result<ParquetFooter> ReadParquetFooter(const io::RandomAccessFile& file) {
  const int64_t size = file.Size();
  constexpr auto kHead = static_cast<int64_t>(kMagic.size());
  if (size < kHead + kTail) return Fail(Damaged("the file is too short to have one"));
  // Most footers fit, and one read costs less than two. On the stack: there may be hundreds of
  // thousands, and memory of this size is dear to get.
  std::array<char, size_t{16} << 10U> guess;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  const auto guessed = std::min(static_cast<size_t>(size), guess.size());
  SALVOR_OK(ReadExactly(file, size - static_cast<int64_t>(guessed), guess.data(), guessed));
  std::string_view end(guess.data(), guessed);
  const std::string_view tail = end.substr(end.size() - kTail);
  if (tail.substr(4) == kEncryptedMagic) {
    return Fail(Code::kUnsupported, "the Parquet file is encrypted");
  }
  if (tail.substr(4) != kMagic) return Fail(Damaged("the file does not end as a Parquet file"));
  const int64_t length = Little32(tail);
  if (length > size - kHead - kTail) return Fail(Damaged("it is longer than its file"));
  const int64_t begin = size - kTail - length;
  std::string longer;
  if (static_cast<size_t>(length + kTail) > guessed) {
    longer.resize(static_cast<size_t>(length + kTail));
    SALVOR_OK(ReadExactly(file, begin, longer.data(), longer.size()));
    end = longer;
  }
  const std::string_view footer_bytes =
      end.substr(end.size() - static_cast<size_t>(length + kTail));
  std::array<char, kHead> head{};
  SALVOR_OK(ReadExactly(file, 0, head.data(), head.size()));
  if (std::string_view(head.data(), head.size()) != kMagic) {
    return Fail(Damaged("the file does not begin as a Parquet file"));
  }
  SALVOR_TRY(ParquetFooter footer,
             ParseParquetMetadata(footer_bytes.substr(0, static_cast<size_t>(length)), begin));
  footer.digest = Sha256Hex(footer_bytes);
  return footer;
}

}  // namespace salvor::delta
