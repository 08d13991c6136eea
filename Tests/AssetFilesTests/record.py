"""Usage: record.py FILE, with azure-ai-ml 1.35.2 installed.

Records what azure-ai-ml makes of made-up trees: ignore rules, hashes, lists of uploads, and texts of environments."""
import json, os, random, shutil, sys, tempfile
from pathlib import Path
import yaml
from azure.ai.ml._utils._asset_utils import (IgnoreFile, get_content_hash, get_ignore_file, get_object_hash, get_upload_files_from_folder)
from azure.ai.ml._utils._pathspec import GitWildMatchPattern
from azure.ai.ml._utils.utils import dump_yaml
from azure.ai.ml.entities import Environment
from azure.ai.ml.entities._assets._artifacts.model import Model

random.seed(7)
out = {}
parts = ["a", "b", "ab", "data", "src", "x.py", "x.pyc", "B.csv", ".git", "train.csv", "a b", "ü.txt", "[x]", "#h", "!n", "log", "model.bin", "__pycache__"]
pats = ["data/", "/data", "*.csv", "*.py[co]", "!x.pyc", "a/**", "**/log", "a/**/b", "**", "*", "?.py", "[a-c]*", "[!a]*", "\\#h", "\\!n", "# c", "  *.bin  ", "src/*.py", "/src/", "**/", "a/*", "!a/b", "/*", "!/src", "__pycache__", ".git/", "a b", "**/a/**/x.py", "[[]x]", "[]x]", "a**", "b/**/", "*/data", "./a", "a//b", "/", "!", "src/**/*.csv", "[a", "x.?y", "ab*", "*b", "[^a]*", "[x]", "model.*", "!model.bin", "ü*", "**/**/a"]
cases = []
for _ in range(260):
    ps = random.sample(pats, random.choice([1, 1, 1, 2, 3, 4]))
    files = sorted({"/".join(random.choice(parts) for _ in range(random.choice([1, 1, 2, 3]))) for _ in range(14)})
    try:
        spec = [GitWildMatchPattern(p) for p in ps]
    except Exception as e:
        cases.append([ps, None, None]); continue
    excluded = []
    for f in files:
        m = False
        for p in spec:
            if p.include is not None and p.match_file(f) is not None: m = p.include
        if m: excluded.append(f)
    cases.append([ps, files, excluded])
out["ignore"] = cases

trees = []
def build(entries, root):
    for path, text in entries:
        p = root / path; p.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(text, dict): os.symlink(text["to"], p)
        else: p.write_text(text)
fixed = [
    ("plain", [["score.py", "def init(): pass\n"], ["lib/helper.py", "x = 1\n"], ["Z.txt", ""], ["a.txt", "a"], ["B.txt", "b"]]),
    ("ignored", [[".amlignore", "data/\n*.pyc\n"], [".gitignore", "score.py\n"], ["score.py", "1"], ["data/train.csv", "x"], ["lib/a.pyc", "y"], ["lib/a.py", "z"]]),
    ("git", [[".gitignore", "*.log\n!keep.log\n/build\n"], ["score.py", "1"], ["a.log", "x"], ["keep.log", "k"], ["sub/build/x", "b"], ["build/y", "c"]]),
    ("bom", [[".amlignore", "\ufeffdata/\r\n*.tmp\r\n"], ["score.py", "1"], ["data/x", "2"], ["a.tmp", "3"]]),
    ("links", [["score.py", "1"], ["real/m.bin", "weights"], ["link.bin", {"to": "real/m.bin"}], ["dir", {"to": "real"}], ["out", {"to": "../outside"}], ["out.txt", {"to": "../outside/o.txt"}]]),
    ("linkedignore", [[".amlignore", "*.csv\nout/secret.txt\ndata/\n"], ["score.py", "1"], ["out", {"to": "../outside"}]]),
    ("empty folders", [["a/b/c.txt", "x"], ["d/e.txt", ""]]),
    ("caches", [["score.py", "1"], ["__pycache__/score.pyc", "c"], [".git/HEAD", "ref"]]),
    ("unicode", [["ü.txt", "ä"], ["É.txt", "e"], ["日本/モデル.txt", "m"]]),
]
for name, entries in fixed:
    base = Path(tempfile.mkdtemp()).resolve(); root = base / "tree"; root.mkdir()
    build([["o.txt", "outer"], ["secret.txt", "s"], ["x.csv", "c"], ["data/d.txt", "d"]], base / "outside") if (base / "outside").mkdir() is None else None
    build(entries, root)
    ig = get_ignore_file(root)
    trees.append({"name": name, "entries": entries, "content": get_content_hash(root, ig), "object": get_object_hash(root, ig),
                  "files": sorted(p for _, p in get_upload_files_from_folder(root, ignore_file=ig))})
    shutil.rmtree(base)
base = Path(tempfile.mkdtemp()).resolve(); f = base / "model.bin"; f.write_text("one\n")
out["file"] = {"content": get_content_hash(f, IgnoreFile()), "object": get_object_hash(f, IgnoreFile()), "name": Model(path=str(f)).name}
out["outside"] = [["o.txt", "outer"], ["secret.txt", "s"], ["x.csv", "c"], ["data/d.txt", "d"]]
out["trees"] = trees

condas = [
  "name: model-env\nchannels:\n  - conda-forge\ndependencies:\n  - python=3.11\n  - numpy=1.23.5\n  - pip\n  - pip:\n      - azureml-defaults==1.53.0\n      - inference-schema[numpy-support]==1.5.1\n",
  "dependencies: [python=3.11, {pip: [azureml-inference-server-http]}]\n",
  "{}\n", "dependencies: []\n",
  "dependencies:\n- 'python=3.10'\n- 3.10\n- 010\n- '3.10'\n- '1_000'\n- 1:30\n- '0x1F'\n- yes\n- 'no'\n- null\n- '~'\n- ''\n- '2024-01-31'\n- 1e3\n- 1.5e+3\n- '.5'\n- '-1'\n- '- x'\n- 'a: b'\n- 'a #b'\n- '#c'\n- '@x'\n- \"it's\"\n- '*'\n- '<<'\n- '?'\n- '? x'\n- '-'\n- ' lead'\n- 'trail '\n- 'a:b'\n- '!x'\n- '%x'\n- 'x{y}'\n- '{x}'\n- '...'\n- '---x'\n",
  "a: \"line one\\nline two\\n\"\nb: 'tab\\there'\nc: \"tab\\there\"\nd: \"ü\"\ne: \"quote ' and \\\" both\\n\"\n",
  "long: word word word word word word word word word word word word word word word word word word word word word word\nquoted: 'it: is word word word word word word word word word word word word word word word word word word word'\nescaped: \"ü word word word word word word word word word word word word word word word word word word word word\"\nlist:\n- x @ https://example.com/a/very/long/url/that/is/more/than/eighty/characters/long/x-1.0-py3-none-any.whl and more words here\n- - nested\n  - - deeper\n    - {k: v, a: [1, 2.5, true]}\n- key:\n    inner: []\n    other: {}\n",
  "variables:\n  A: 'true'\n  B: 1.0\n  C: 12345678901\n  key with space: x\n  '1': one\n  'yes': y\nprefix: null\n",
]
envs = []
for i, c in enumerate(condas):
    d = Path(tempfile.mkdtemp()); (d / "conda.yml").write_text(c)
    for config in [None, {"liveness_route": {"port": 5001, "path": "/"}, "readiness_route": {"port": 5001, "path": "/ready"}, "scoring_route": {"port": 8080, "path": "/v1/x y: z"}}]:
        if config and i not in (0, 1): continue
        doc = {"image": "x/y:1", "conda_file": "conda.yml"}
        if config: doc["inference_config"] = config
        import azure.ai.ml._schema.assets.environment as se
        env = se.AnonymousEnvironmentSchema(context={"base_path": d}).load(doc)
        envs.append({"document": doc, "conda": c, "text": env._translated_conda_file, "version": env.version, "properties": env._to_rest_object().as_dict()["properties"]})
d = Path(tempfile.mkdtemp()).resolve(); (d / "docker").mkdir(); (d / "docker/Dockerfile").write_text("FROM x\n")
for b in [{"path": "docker"}, {"path": "docker", "dockerfile_path": "Dockerfile"}]:
    env = se.AnonymousEnvironmentSchema(context={"base_path": d}).load({"build": b})
    envs.append({"document": {"build": b}, "version": env.version})
env = se.AnonymousEnvironmentSchema(context={"base_path": d}).load({"image": "x/y:1"})
envs.append({"document": {"image": "x/y:1"}, "version": env.version, "properties": env._to_rest_object().as_dict()["properties"]})
out["environments"] = envs
out["yaml"] = [[c, dump_yaml(yaml.safe_load(c), sort_keys=True)] for c in condas]
json.dump(out, open(sys.argv[1], "w"), ensure_ascii=False, indent=None, separators=(",", ":"))
print(len(cases), len(trees), len(envs))
