internal import Rollouts

/// A breadth-first search through the worlds, so that the first story found is a shortest one.
struct Exploration {
    private let first: World
    /// Describes the first world.
    private let sentence: String
    private var indices: [World.Key: Int] = [:]
    /// Worlds by index; an entry is cleared once visited.
    private var waiting: [World?] = []
    /// For each world, the parent that first led to it and the index of the choice.
    private var origins: [(parent: Int, choice: Int)] = []
    private var predecessors: [[Int]] = []
    private var ends: [Int] = []
    private var position = 0

    var count: Int { waiting.count }

    init(first: World, sentence: String) {
        self.first = first
        self.sentence = sentence
        add(first, by: 0, of: -1)
    }

    /// Returns the index of the next world to visit, or `nil` if all have been visited.
    mutating func next() -> Int? {
        guard position < waiting.count else { return nil }
        defer { position += 1 }
        return position
    }

    /// Returns a world that has not been visited yet.
    func world(_ index: Int) -> World? { waiting[index] }

    /// Checks a world and adds all its successors; returns the violation, if any.
    mutating func visit(_ index: Int) -> String? {
        guard let world = waiting[index] else { return nil }
        waiting[index] = nil
        if let problem = world.violation { return problem }
        if world.effect == .stop { ends.append(index) }
        for (number, choice) in world.choices.enumerated() { add(choice.world, by: number, of: index) }
        return nil
    }

    private mutating func add(_ world: World, by choice: Int, of parent: Int) {
        let key = world.key
        if let known = indices[key] {
            if parent >= 0 { predecessors[known].append(parent) }
            return
        }
        indices[key] = waiting.count
        waiting.append(world)
        origins.append((parent, choice))
        predecessors.append(parent >= 0 ? [parent] : [])
    }

    /// Returns the steps that lead to a world, one sentence each; consecutive steps that go as planned in a stage are
    /// merged.
    func story(of index: Int) -> [String] {
        var choices: [Int] = []
        var current = index
        while origins[current].parent >= 0 {
            choices.append(origins[current].choice)
            current = origins[current].parent
        }
        var story = [(sentence: sentence, isGood: false)]
        var world = first
        world.isTold = true
        for number in choices.reversed() {
            let choice = world.choices[number]
            if let sentence = choice.sentence { story.append((sentence, choice.isGood)) }
            world = choice.world
        }
        return Self.shortened(story)
    }

    /// Merges steps that go as planned, except the last one, which leads to the problem.
    private static func shortened(_ story: [(sentence: String, isGood: Bool)]) -> [String] {
        var lines: [String] = []
        for (index, step) in story.enumerated() {
            var line = step.sentence
            if step.isGood, index < story.count - 1, let colon = line.firstIndex(of: ":") {
                line = line[..<colon] + ": everything goes as planned"
            }
            if lines.last != line { lines.append(line) }
        }
        return lines
    }

    /// Returns a refutation unless the run succeeds when only good choices happen.
    func happyPathRefutation() -> ExhaustiveCheck.Refutation? {
        var world = first
        world.isTold = true
        var story = [(sentence: sentence, isGood: false)]
        var seen: Set<World.Key> = []
        while world.effect != .stop {
            guard seen.insert(world.key).inserted, let choice = world.choices.first(where: \.isGood) else {
                return ExhaustiveCheck.Refutation(
                    problem: "the run loops forever although nothing goes wrong", story: Self.shortened(story))
            }
            if let sentence = choice.sentence { story.append((sentence, true)) }
            world = choice.world
        }
        guard world.machine.record.status != .succeeded else { return nil }
        return ExhaustiveCheck.Refutation(
            problem: "the run cannot succeed although nothing goes wrong: \(world.machine.record.reason ?? "")",
            story: Self.shortened(story))
    }

    /// Returns a refutation if there is a world from which no end can be reached.
    func dead() -> ExhaustiveCheck.Refutation? {
        var reaches = [Bool](repeating: false, count: waiting.count)
        var open = ends
        for index in ends { reaches[index] = true }
        while let index = open.popLast() {
            for parent in predecessors[index] where !reaches[parent] {
                reaches[parent] = true
                open.append(parent)
            }
        }
        guard let stuck = reaches.firstIndex(of: false) else { return nil }
        return ExhaustiveCheck.Refutation(
            problem: "from here the run can never end", story: story(of: stuck))
    }
}
