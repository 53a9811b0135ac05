using System.Globalization;
using k8s;
using k8s.Models;

namespace Bff.Tests;

/// <summary>
/// The files of deploy/kubernetes, read strictly as the types that are made from Kubernetes' published schemas: no unknown field, nothing of the wrong type.
/// What kustomize adds (names, labels, the namespace) is not there yet.
/// </summary>
public sealed class KubernetesFilesTests
{
    private static readonly string Folder = Path.Combine(Find(AppContext.BaseDirectory), "deploy", "kubernetes");

    public static TheoryData<string> Files =>
        [.. Directory.GetFiles(Path.Combine(Folder, "base"), "*.yaml").Select(path => Path.GetFileName(path)!).Where(file => file != "kustomization.yaml")
            .Order()];

    [Theory]
    [MemberData(nameof(Files))]
    public void Each_file_is_what_the_schema_of_its_kind_allows(string file)
    {
        var objects = Load(file);

        objects.ShouldNotBeEmpty();
        objects.ShouldAllBe(one => one is IKubernetesObject<V1ObjectMeta>
            && ((IKubernetesObject<V1ObjectMeta>)one).Metadata.Name.StartsWith("bff", StringComparison.Ordinal));
        File.ReadAllText(Path.Combine(Folder, "base", "kustomization.yaml")).ShouldContain("- " + file);
    }

    [Fact]
    public void A_misspelt_field_would_be_noticed()
    {
        var text = File.ReadAllText(Path.Combine(Folder, "base", "deployment.yaml")).Replace(
            "terminationGracePeriodSeconds", "terminationGraceSeconds", StringComparison.Ordinal);
        Should.Throw<Exception>(() => KubernetesYaml.LoadAllFromString(text, strict: true));
    }

    [Fact]
    public void A_pod_is_asked_for_its_health_and_has_time_to_drain()
    {
        var pod = Pod();
        var container = pod.Containers.Single();

        (container.StartupProbe.HttpGet.Path, container.LivenessProbe.HttpGet.Path, container.ReadinessProbe.HttpGet.Path)
            .ShouldBe(("/startupz", "/healthz", "/readyz"));
        var drain = TimeSpan.Parse(container.Env.Single(variable => variable.Name == "Bff__Ops__DrainFor").Value, CultureInfo.InvariantCulture);
        var tokenTimeout = new Bff.Providers.TokenOptions().TokenTimeout;
        pod.TerminationGracePeriodSeconds!.Value.ShouldBeGreaterThanOrEqualTo((long)(drain + tokenTimeout).TotalSeconds + 20);
        drain.TotalSeconds.ShouldBeGreaterThan(container.ReadinessProbe.PeriodSeconds!.Value * container.ReadinessProbe.FailureThreshold!.Value);
    }

    [Fact]
    public void Settings_and_secrets_are_mounted_as_folders_that_Bff_is_told_to_read()
    {
        var container = Pod().Containers.Single();
        container.VolumeMounts.ShouldAllBe(mount => mount.SubPath == null && mount.SubPathExpr == null);

        string Mount(string volume) => container.VolumeMounts.Single(mount => mount.Name == volume).MountPath;
        var file = container.Args[container.Args.IndexOf("--config") + 1];
        Path.GetDirectoryName(file).ShouldBe(Mount("config"));
        File.ReadAllText(Path.Combine(Folder, "example", "kustomization.yaml")).ShouldContain($"files: [ {Path.GetFileName(file)} ]");
        File.Exists(Path.Combine(Folder, "example", Path.GetFileName(file))).ShouldBeTrue();
        var secrets = container.Env.Where(variable => variable.Name.EndsWith("File", StringComparison.Ordinal)).ToList();
        secrets.Count.ShouldBe(3);
        secrets.Select(variable => Path.GetDirectoryName(variable.Value)).Distinct().ShouldBe([Mount("secrets")]);
    }

    /// <summary>
    /// The rules and dashboards of deploy/ ask for job="bff". The Services have no label of that name in base: kustomize gives it to everything.
    /// </summary>
    [Fact]
    public void Prometheus_knows_Bff_by_the_job_that_rules_and_dashboards_ask_for()
    {
        File.ReadAllText(Path.Combine(Folder, "example", "servicemonitor.yaml")).ShouldContain("\n  jobLabel: app.kubernetes.io/name\n");
        File.ReadAllText(Path.Combine(Folder, "base", "kustomization.yaml")).ShouldContain("app.kubernetes.io/name: bff\n");
    }

    [Fact]
    public void Redis_in_place_of_PostgreSQL_changes_one_value_of_the_base_and_nothing_else()
    {
        var overlay = Load("store.yaml", "redis").OfType<V1Deployment>().Single();
        var (changed, known) = (overlay.Spec.Template.Spec.Containers.Single(), Pod().Containers.Single());

        (overlay.Metadata.Name, changed.Name).ShouldBe((Load("deployment.yaml").OfType<V1Deployment>().Single().Metadata.Name, known.Name));
        var variable = changed.Env.Single();
        (variable.Name, variable.Value).ShouldBe(("Bff__Sessions__Store", "Redis"));
        known.Env.ShouldContain(one => one.Name == variable.Name, "a patch of a name that is not there would add it");
        var kustomization = File.ReadAllText(Path.Combine(Folder, "redis", "kustomization.yaml"));
        kustomization.ShouldContain("  - ../base\n");
        kustomization.ShouldContain("  - path: store.yaml\n");
    }

    private static V1PodSpec Pod() => Load("deployment.yaml").OfType<V1Deployment>().Single().Spec.Template.Spec;

    private static List<object> Load(string file, string folder = "base") =>
        KubernetesYaml.LoadAllFromString(File.ReadAllText(Path.Combine(Folder, folder, file)), strict: true);

    private static string Find(string folder) => File.Exists(Path.Combine(folder, "Bff.sln")) ? folder : Find(Path.GetDirectoryName(folder)!);
}
