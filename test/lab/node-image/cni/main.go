// The lab's stand-in for kindnetd: on every node it routes the pods of each other node to that node, masquerades what
// leaves the cluster, and writes the CNI configuration of its own node.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/vishvananda/netlink"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

const configPath = "/etc/cni/net.d/10-kindnet.conflist"

func main() {
	self := os.Getenv("NODE_NAME")
	config, err := rest.InClusterConfig()
	if err != nil {
		log.Fatal(err)
	}
	// Service addresses may not be translated yet: the control plane is asked by name.
	if endpoint := os.Getenv("CONTROL_PLANE_ENDPOINT"); endpoint != "" {
		config.Host = "https://" + endpoint
	}
	client := kubernetes.NewForConfigOrDie(config)
	factory := informers.NewSharedInformerFactory(client, time.Minute)
	nodes := factory.Core().V1().Nodes()
	changed := make(chan struct{}, 1)
	notify := func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	nodes.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { notify() },
		UpdateFunc: func(any, any) { notify() },
		DeleteFunc: func(any) { notify() },
	})
	ctx := context.Background()
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	if err := masquerade(os.Getenv("POD_SUBNET")); err != nil {
		log.Fatal(err)
	}
	for {
		if err := sync(nodes.Lister(), self); err != nil {
			log.Print(err)
		}
		select {
		case <-changed:
		case <-time.After(time.Minute):
		}
	}
}

func sync(lister listers.NodeLister, self string) error {
	nodes, err := lister.List(labels.Everything())
	if err != nil {
		return err
	}
	for _, node := range nodes {
		if node.Name == self {
			if err := writeConfig(node.Spec.PodCIDRs); err != nil {
				return err
			}
			continue
		}
		for _, cidr := range node.Spec.PodCIDRs {
			if err := route(cidr, node); err != nil {
				return fmt.Errorf("route to %s: %w", node.Name, err)
			}
		}
	}
	return nil
}

// route sends the pods of another node to its address of the same IP family.
func route(cidr string, node *corev1.Node) error {
	_, destination, err := net.ParseCIDR(cidr)
	if err != nil {
		return err
	}
	for _, address := range node.Status.Addresses {
		ip := net.ParseIP(address.Address)
		if address.Type != corev1.NodeInternalIP || (ip.To4() == nil) != (destination.IP.To4() == nil) {
			continue
		}
		return netlink.RouteReplace(&netlink.Route{Dst: destination, Gw: ip})
	}
	return nil
}

// masquerade gives traffic of pods that leaves the cluster the node's own address.
func masquerade(podSubnets string) error {
	for _, subnet := range strings.Split(podSubnets, ",") {
		program := "iptables"
		if strings.Contains(subnet, ":") {
			program = "ip6tables"
		}
		rule := []string{"POSTROUTING", "-s", subnet, "!", "-d", subnet, "-j", "MASQUERADE", "-m", "comment", "--comment", "pods to the outside", "-m", "addrtype", "!", "--dst-type", "LOCAL"}
		check := append([]string{"-w", "-t", "nat", "-C"}, rule...)
		if exec.Command(program, check...).Run() == nil {
			continue
		}
		add := append([]string{"-w", "-t", "nat", "-A"}, rule...)
		if output, err := exec.Command(program, add...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", program, err, output)
		}
	}
	return nil
}

func writeConfig(subnets []string) error {
	if len(subnets) == 0 {
		return nil
	}
	routes := []map[string]string{}
	ranges := [][]map[string]string{}
	for _, subnet := range subnets {
		everywhere := "0.0.0.0/0"
		if strings.Contains(subnet, ":") {
			everywhere = "::/0"
		}
		routes = append(routes, map[string]string{"dst": everywhere})
		ranges = append(ranges, []map[string]string{{"subnet": subnet}})
	}
	text, err := json.MarshalIndent(map[string]any{
		"cniVersion": "0.3.1",
		"name":       "kindnet",
		"plugins": []any{
			map[string]any{
				"type":   "ptp",
				"ipMasq": false,
				"ipam": map[string]any{
					"type": "host-local", "dataDir": "/run/cni-ipam-state", "routes": routes, "ranges": ranges,
				},
				"mtu": 1500,
			},
			map[string]any{"type": "portmap", "capabilities": map[string]bool{"portMappings": true}},
		},
	}, "", "  ")
	if err != nil {
		return err
	}
	if before, err := os.ReadFile(configPath); err == nil && string(before) == string(text) {
		return nil
	}
	draft := filepath.Join(filepath.Dir(configPath), ".10-kindnet.conflist.new")
	if err := os.WriteFile(draft, text, 0o644); err != nil {
		return err
	}
	return os.Rename(draft, configPath)
}
