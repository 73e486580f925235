#include "backup/scanner.hpp"

#include "kist/base/error.hpp"
#include "kist/os/parallel.hpp"
#include "kist/selection/boundaries.hpp"
#include "kist/selection/folder_files.hpp"

#include "backup/open_database.hpp"

#include <algorithm>
#include <cerrno>

namespace kist::backup {
namespace {

using repository::Action;
using repository::Change;
using repository::is_unchanged;
using repository::KnownEntry;
using repository::NodeId;

bool same_file(const os::FileStatus& a, const os::FileStatus& b) {
    return a.inode == b.inode && a.device == b.device;
}

// At least half of the names that stood there stand there now.
bool is_alike(const std::vector<os::DirectoryEntry>& found, const std::vector<KnownEntry>& known) {
    std::size_t common = 0;
    auto at = found.begin();
    for (const auto& entry : known) {
        while (at != found.end() && at->name < entry.name) ++at;
        if (at != found.end() && at->name == entry.name) ++common;
    }
    return common * 2 >= known.size();
}

std::string child_path(const std::string& directory, const std::string& name) {
    return directory.empty() ? name : directory + "/" + name;
}

Change removal(const KnownEntry& known, NodeId directory) {
    Change change;
    change.action = Action::remove;
    change.known = known.id;
    change.directory = directory;
    change.name = known.name;
    change.status = known.status;
    return change;
}

}  // namespace

// One thread's part of the scan.
class Scanner::Worker {
  public:
    explicit Worker(Scanner& scanner)
        : scanner_(scanner), run_(scanner.run_), tree_(run_.repository(), run_.source().id) {}

    void begin() {
        const auto& source = run_.source();
        const auto known = tree_.root();
        Change change;
        change.directory = -source.id;
        change.name = source.path;
        change.status = source_tree().as_live(source_tree().root().own_status());
        Job job;
        job.parent = change.directory;
        job.name = source.path;
        job.device = change.status.device;
        job.rules = scanner_.options_.selection.root();
        const auto* listed = scanner_.options_.listed;
        job.listed = listed != nullptr && listed->is_listed ? nullptr : listed;
        std::vector<Change> changes;
        if (known && known->status.type == os::FileType::directory && known->node) {
            run_.claim(*known->node);
            change.node = job.node = *known->node;
            change.action = Action::touch;
            change.known = known->id;
            if (!is_unchanged(change.status, *known)) changes.push_back(change);
        } else {
            if (known) changes.push_back(removal(*known, change.directory));
            change.node = job.node = run_.new_node();
            job.is_new = true;
            changes.push_back(change);
        }
        run_.add({}, std::move(changes));
        scanner_.push({job});
    }

    void work() {
        while (auto job = scanner_.take()) {
            if (scanner_.options_.interrupted != nullptr && *scanner_.options_.interrupted)
                throw Error(ErrorCode::interrupted, "interrupted while looking through the source");
            try {
                scan_directory(*job);
            } catch (const Error& error) {
                if (error.error_number() == 0) throw;  // not the source's doing
                run_.skip(job->path, error.message());
                if (job->rival) keep_rival(*job);
            }
            scanner_.done();
        }
    }

  private:
    // What cannot be read keeps standing as it is known.
    void keep_rival(const Job& job) {
        if (!run_.claim(*job.rival->node)) return;
        Change change = job.change;
        change.action = Action::touch;
        change.known = job.rival->id;
        change.node = job.rival->node;
        run_.add(parent_of(job), {change});
    }

    static repository::ScannedDirectory parent_of(const Job& job) {
        return {job.parent, job.parent_path, job.parent_is_new, 0, ""};
    }

    static repository::ScannedDirectory self_of(const Job& job) {
        return {job.node, job.path, job.is_new, job.parent, job.name};
    }

    void scan_directory(Job& job) {
        if (job.is_new) run_.add(self_of(job), {});  // it is made even when it cannot be read
        const auto directory = open(job.path);
        if (directory.fd() < 0) return;  // vanished: the next run will see it
        auto found = directory.entries();
        std::ranges::sort(found, {}, &os::DirectoryEntry::name);
        if (job.listed != nullptr) name_missing(job, found);
        scanner_.excluded_ += selection::leave_out(scanner_.options_.boundaries, directory, job.is_mount_point, found);
        read_rules(job, directory, found);
        if (scanner_.options_.open_databases == OpenDatabases::online && source_tree().is_live(job.path))
            job.databases = take_out_logs(directory, found);
        if (job.listed != nullptr)
            std::erase_if(found, [&](const auto& entry) { return !job.listed->below.contains(entry.name); });
        std::vector<KnownEntry> known;
        if (job.rival)
            known = decide(job, found);
        else if (!job.is_new)
            known = tree_.list(job.node);
        merge(job, directory, found, known);
    }

    os::Directory open(const std::string& path) {
        auto found = source_tree().find_folder(path);
        return found ? std::move(*found) : os::Directory(os::Fd());
    }

    std::vector<KnownEntry> decide(Job& job, const std::vector<os::DirectoryEntry>& found) {
        auto known = tree_.list(*job.rival->node);
        std::vector<Change> changes{job.change};
        auto& change = changes.front();
        if (is_alike(found, known) && run_.claim(*job.rival->node)) {
            change.action = Action::touch;
            change.known = job.rival->id;
            change.node = job.node = *job.rival->node;
        } else {
            change.node = job.node = run_.new_node();
            job.is_new = true;
            known.clear();
            changes.push_back(removal(*job.rival, job.parent));
        }
        run_.add(parent_of(job), std::move(changes));
        return known;
    }

    void name_missing(const Job& job, const std::vector<os::DirectoryEntry>& found) {
        for (const auto& [name, listed] : job.listed->below)
            if (!selection::holds(found, name))
                run_.skip(child_path(job.path, name), "it is on the list, but not there");
    }

    // A file with rules that cannot be read leaves nothing out, and is named.
    void read_rules(Job& job, const os::Directory& directory, const std::vector<os::DirectoryEntry>& found) {
        const auto& source = run_.source().path;
        const auto path = job.path.empty() ? source : child_path(source == "/" ? "" : source, job.path);
        for (const auto& trouble :
             selection::read_folder_files(scanner_.options_.selection, job.rules, directory, path,
                                          [&](std::string_view name) { return selection::holds(found, name); }))
            run_.skip(child_path(job.path, trouble.name), trouble.reason);
    }

    // What is above something on the list is not asked for itself.
    bool is_excluded(const Job& job, const std::string& name, const os::FileStatus& status) {
        if (const auto* listed = listed_in(job, name); listed != nullptr && !listed->is_listed) {
            if (status.type == os::FileType::directory) return false;
            run_.skip(child_path(job.path, name), "the list names what is below it, but it is no folder");
            return true;
        }
        if (!scanner_.options_.boundaries.exclude(status) &&
            !scanner_.options_.selection.excludes(job.rules, name, status.type == os::FileType::directory))
            return false;
        ++scanner_.excluded_;
        return true;
    }

    // nullptr: there is no list here.
    static const ListedName* listed_in(const Job& job, const std::string& name) {
        return job.listed == nullptr ? nullptr : job.listed->below.at(name).get();
    }

    void merge(const Job& job, const os::Directory& directory, const std::vector<os::DirectoryEntry>& found,
               const std::vector<KnownEntry>& known) {
        std::vector<Change> changes;
        std::vector<Job> jobs;
        auto at = known.begin();
        for (const auto& entry : found) {
            for (; at != known.end() && at->name < entry.name; ++at) changes.push_back(removal(*at, job.node));
            const KnownEntry* match = at != known.end() && at->name == entry.name ? &*at++ : nullptr;
            compare(job, directory, entry.name, match, changes, jobs);
        }
        for (; at != known.end(); ++at) changes.push_back(removal(*at, job.node));
        scanner_.entries_seen_ += found.size();
        if (scanner_.options_.progress != nullptr) scanner_.options_.progress->entries_seen += found.size();
        run_.add(self_of(job), std::move(changes));
        scanner_.push(std::move(jobs));
    }

    void compare(const Job& job, const os::Directory& directory, const std::string& name, const KnownEntry* known,
                 std::vector<Change>& changes, std::vector<Job>& jobs) {
        const auto status = source_tree().find_status(job.path, directory, name);
        if (!status || scanner_.is_left_out(*status) || is_excluded(job, name, *status)) {
            if (known != nullptr) changes.push_back(removal(*known, job.node));
            return;
        }
        if (known != nullptr && known->status.type != status->type) {
            changes.push_back(removal(*known, job.node));
            known = nullptr;
        }
        if (status->type == os::FileType::directory) {
            compare_directory(job, name, *status, known, changes, jobs);
            return;
        }
        const bool is_open = std::ranges::binary_search(job.databases, name);  // what is new may be in its log
        if (known != nullptr && !is_open && is_unchanged(*status, *known)) return;
        Change change;
        change.directory = job.node;
        change.name = name;
        change.status = *status;
        if (known != nullptr) {
            change.action = status->type == os::FileType::regular ? Action::modify : Action::touch;
            change.known = known->id;
        }
        changes.push_back(std::move(change));
    }

    void compare_directory(const Job& job, const std::string& name, const os::FileStatus& status,
                           const KnownEntry* known, std::vector<Change>& changes, std::vector<Job>& jobs) {
        Job child;
        child.path = child_path(job.path, name);
        child.name = name;
        child.parent = job.node;
        child.device = status.device;
        child.is_mount_point = status.device != job.device;
        child.rules = scanner_.options_.selection.enter(job.rules, name);
        const auto* listed = listed_in(job, name);
        child.listed = listed != nullptr && listed->is_listed ? nullptr : listed;
        Change change;
        change.directory = job.node;
        change.name = name;
        change.status = status;
        if (known != nullptr && same_file(known->status, status) && run_.claim(*known->node)) {
            child.node = *known->node;
            change.action = Action::touch;
            change.known = known->id;
            change.node = child.node;
            if (!is_unchanged(status, *known)) changes.push_back(std::move(change));
        } else if (const auto origin = find_origin(status, known)) {
            if (known != nullptr) changes.push_back(removal(*known, job.node));
            child.node = *origin->node;
            change.node = child.node;
            change.origin = origin->id;
            changes.push_back(std::move(change));
        } else if (known != nullptr && !same_file(known->status, status)) {
            child.rival = *known;
            child.change = std::move(change);
            child.parent_path = job.path;
            child.parent_is_new = job.is_new;
        } else {
            if (known != nullptr) changes.push_back(removal(*known, job.node));
            child.is_new = true;
            child.node = run_.new_node();
            change.node = child.node;
            changes.push_back(std::move(change));
        }
        jobs.push_back(std::move(child));
    }

    // The directory that this one was under another name, if it has not been found elsewhere.
    std::optional<KnownEntry> find_origin(const os::FileStatus& status, const KnownEntry* known) {
        if (!run_.previous()) return std::nullopt;
        auto origin = tree_.find_directory(status);
        if (!origin || (known != nullptr && origin->id == known->id) || !run_.claim(*origin->node)) return std::nullopt;
        return origin;
    }

    SourceTree& source_tree() const { return scanner_.tree_; }

    Scanner& scanner_;
    repository::Run& run_;
    repository::LiveTree tree_;
};

Scanner::Scanner(repository::Run& run, SourceTree& tree, const BackupOptions& options)
    : run_(run), tree_(tree), options_(options), left_out_(options.left_out) {
    const auto volume = run.repository().root().own_status();
    left_out_.push_back({volume.device, volume.inode});
}

void Scanner::scan(unsigned threads) {
    Worker(*this).begin();
    os::run_in_parallel(threads, [this] {
        try {
            Worker(*this).work();
        } catch (...) {
            fail();
            throw;
        }
    });
}

bool Scanner::is_left_out(const os::FileStatus& status) const {
    const auto same = [&](const FileIdentity& other) {
        return other.device == status.device && other.inode == status.inode;
    };
    return std::ranges::any_of(left_out_, same);
}

void Scanner::push(std::vector<Job>&& jobs) {
    if (jobs.empty()) return;
    const std::lock_guard lock(mutex_);
    // Backwards, so that the first name is taken first.
    for (auto job = jobs.rbegin(); job != jobs.rend(); ++job) waiting_.push_back(std::move(*job));
    changed_.notify_all();
}

std::optional<Scanner::Job> Scanner::take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return failed_ || !waiting_.empty() || working_ == 0; });
    if (failed_ || waiting_.empty()) return std::nullopt;
    auto job = std::move(waiting_.back());
    waiting_.pop_back();
    ++working_;
    return job;
}

void Scanner::done() {
    const std::lock_guard lock(mutex_);
    --working_;
    changed_.notify_all();
}

void Scanner::fail() {
    const std::lock_guard lock(mutex_);
    failed_ = true;
    changed_.notify_all();
}

void scan_single_file(repository::Run& run, SourceTree& tree, const BackupOptions& options) {
    const auto& path = options.path;
    const auto name = path.substr(path.rfind('/') + 1);
    const auto found = tree.find_status("", tree.root(), name);
    if (!found) throw Error(ErrorCode::not_found, "there is no " + os::printable(path) + " to back up");
    const auto& status = *found;
    const bool is_open =
        options.open_databases == OpenDatabases::online && tree.is_live("") && is_open_database(tree.root(), name);
    repository::LiveTree known_tree(run.repository(), run.source().id);
    const auto known = known_tree.root();
    Change change;
    change.directory = -run.source().id;
    change.name = run.source().path;
    change.status = status;
    std::vector<Change> changes;
    if (known && known->status.type == status.type) {
        if (!is_open && is_unchanged(status, *known)) return;
        change.action = status.type == os::FileType::regular ? Action::modify : Action::touch;
        change.known = known->id;
    } else if (known) {
        changes.push_back(removal(*known, change.directory));
    }
    changes.push_back(change);
    run.add({}, std::move(changes));
}

}  // namespace kist::backup
