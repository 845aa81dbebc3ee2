#include "delta/rows/file_schema.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "delta/parquet/footer.h"

namespace salvor::delta {

namespace {

// Bounds the texts of footers that are held at once.
constexpr size_t kBatch = 1000;
constexpr int kMaxDepth = 100;

// One line of parquet_schema: the schema's tree, depth first.
struct Element {
  std::string name;
  std::string repetition;
  int64_t children = 0;
  std::string converted_type;
  std::optional<int64_t> field_id;
  std::string duck_type;
};

// The tree as DuckDB presents it, which follows Parquet's rules for lists and
// maps: the groups in between that only serve the encoding are gone.
class TreeBuilder {
 public:
  TreeBuilder(const std::vector<Element>& elements, const std::string& path)
      : elements_(elements), path_(path) {}

  Result<FileSchema> Build() {
    if (elements_.empty()) return Fail(Broken());
    SALVOR_TRY(FileColumn root, Node(0, nullptr));
    if (next_ != elements_.size()) return Fail(Broken());
    FileSchema schema;
    schema.columns = std::move(root.children);
    return schema;
  }

 private:
  [[nodiscard]] Error Broken() const {
    return Error{Code::kCorrupt, "the schema in a Parquet footer is not a tree", path_,
                 "The file may be damaged: bring it back from a backup"};
  }

  Result<FileColumn> Node(int depth, const Element* parent) {
    if (next_ >= elements_.size() || depth > kMaxDepth) return Fail(Broken());
    const Element& element = elements_[next_++];
    FileColumn column;
    column.name = element.name;
    column.field_id = element.field_id;
    const bool repeated = element.repetition == "REPEATED";
    if (element.children <= 0) {
      column.duck_type = element.duck_type;
      return repeated ? ListOf(std::move(column)) : column;
    }
    for (int64_t i = 0; i < element.children; ++i) {
      SALVOR_TRY(FileColumn child, Node(depth + 1, &element));
      column.children.push_back(std::move(child));
    }
    if (depth == 0) return column;
    return Present(element, parent, std::move(column));
  }

  Result<FileColumn> Present(const Element& element, const Element* parent, FileColumn column) {
    const bool repeated = element.repetition == "REPEATED";
    const bool inside_map =
        parent != nullptr && parent->converted_type == "MAP" && parent->children == 1;
    if (element.converted_type == "MAP_KEY_VALUE" || inside_map) {
      if (column.children.size() != 2) return Fail(Broken());
      column.kind = FileColumn::Kind::kMap;
      return column;
    }
    const bool wrapper =
        element.converted_type == "LIST" || element.converted_type == "MAP" || repeated;
    if (column.children.size() > 1 || !wrapper) {
      column.kind = FileColumn::Kind::kStruct;
    } else {
      FileColumn only = std::move(column.children[0]);
      only.name = column.name;
      only.field_id = column.field_id;
      column = std::move(only);
    }
    return repeated ? ListOf(std::move(column)) : column;
  }

  static FileColumn ListOf(FileColumn element) {
    FileColumn list;
    list.name = element.name;
    list.field_id = element.field_id;
    list.kind = FileColumn::Kind::kList;
    list.children.push_back(std::move(element));
    return list;
  }

  const std::vector<Element>& elements_;
  const std::string& path_;
  size_t next_ = 0;
};

std::string TextOrEmpty(duckdb_vector vector, uint64_t row) {
  return IsNull(vector, row) ? std::string() : std::string(TextAt(vector, row));
}

std::optional<int64_t> NumberOrNothing(duckdb_vector vector, uint64_t row) {
  if (IsNull(vector, row)) return std::nullopt;
  return static_cast<const int64_t*>(duckdb_vector_get_data(vector))[row];
}

void AppendText(std::string& signature, const std::string& text) {
  signature.append(std::to_string(text.size())).append(":").append(text);
}

std::string SignatureOf(const std::vector<Element>& elements) {
  std::string signature;
  for (const Element& element : elements) {
    AppendText(signature, element.name);
    AppendText(signature, element.repetition);
    AppendText(signature, element.converted_type);
    AppendText(signature, element.duck_type);
    signature += std::to_string(element.children) + ",";
    signature += (element.field_id ? std::to_string(*element.field_id) : "") + ";";
  }
  return signature;
}

// The elements of each file; a file's come in order, several files' may be
// mixed.
Result<std::vector<std::vector<Element>>> ReadElements(Duck& duck,
                                                       const std::vector<std::string>& paths) {
  std::unordered_map<std::string_view, size_t> place_of;
  for (size_t i = 0; i < paths.size(); ++i) place_of.emplace(paths[i], i);
  SALVOR_TRY(const std::string files, QuoteFiles(paths));
  std::vector<std::vector<Element>> elements(paths.size());
  const auto take = [&](duckdb_data_chunk chunk) -> Status {
    std::vector<duckdb_vector> columns;
    for (idx_t i = 0; i < 7; ++i) columns.push_back(duckdb_data_chunk_get_vector(chunk, i));
    for (idx_t row = 0; row < duckdb_data_chunk_get_size(chunk); ++row) {
      const auto place = place_of.find(TextAt(columns[0], row));
      if (place == place_of.end()) {
        return Fail(Code::kInternal, "DuckDB names a file that was not asked for",
                    std::string(TextAt(columns[0], row)));
      }
      Element element;
      element.name = TextOrEmpty(columns[1], row);
      element.repetition = TextOrEmpty(columns[2], row);
      element.children = NumberOrNothing(columns[3], row).value_or(0);
      element.converted_type = TextOrEmpty(columns[4], row);
      element.field_id = NumberOrNothing(columns[5], row);
      element.duck_type = TextOrEmpty(columns[6], row);
      elements[place->second].push_back(std::move(element));
    }
    return Done{};
  };
  SALVOR_OK(
      duck.Stream("SELECT file_name, name, repetition_type, num_children, converted_type, "
                  "field_id, duckdb_type "
                  "FROM parquet_schema(" +
                      files + ")",
                  take));
  return elements;
}

// What the file's footer says of its columns, as a digest; "" where DuckDB must say more of it.
std::string KindOf(const io::FsReader& fs, const std::string& path) {
  const auto file = fs.Open(path);
  const auto footer = file ? ReadParquetFooter(**file) : Result<ParquetFooter>(Fail(file.error()));
  return footer ? footer->schema : std::string();
}

Result<FileSchemas> AskDuck(Duck& duck, const std::vector<std::string>& paths) {
  FileSchemas result;
  std::map<std::string, size_t> known;
  for (size_t begin = 0; begin < paths.size(); begin += kBatch) {
    const auto first = paths.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto count = static_cast<std::ptrdiff_t>(std::min(kBatch, paths.size() - begin));
    const std::vector<std::string> batch(first, first + count);
    SALVOR_TRY(const auto elements, ReadElements(duck, batch));
    for (size_t i = 0; i < batch.size(); ++i) {
      const auto [place, fresh] = known.emplace(SignatureOf(elements[i]), result.schemas.size());
      if (fresh) {
        SALVOR_TRY(FileSchema schema, TreeBuilder(elements[i], batch[i]).Build());
        result.schemas.push_back(std::move(schema));
      }
      result.of_file.push_back(place->second);
    }
  }
  return result;
}

}  // namespace

Result<FileSchemas> ReadFileSchemas(const io::FsReader& fs, Duck& duck,
                                    const std::vector<std::string>& paths) {
  std::unordered_map<std::string, size_t> kinds;
  std::vector<std::string> asked;
  std::vector<size_t> place_asked;
  for (const std::string& path : paths) {
    const std::string kind = KindOf(fs, path);
    const size_t place =
        kind.empty() ? asked.size() : kinds.emplace(kind, asked.size()).first->second;
    if (place == asked.size()) asked.push_back(path);
    place_asked.push_back(place);
  }
  SALVOR_TRY(FileSchemas files, AskDuck(duck, asked));
  std::vector<size_t> of_file;
  for (const size_t place : place_asked) of_file.push_back(files.of_file.at(place));
  files.of_file = std::move(of_file);
  return files;
}

}  // namespace salvor::delta
